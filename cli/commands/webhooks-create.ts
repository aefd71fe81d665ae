import { WebhookEventType } from "../../contract/webhooks.ts";
import { type AddCommand, example } from "./command.ts";
import { eventTypes } from "./webhook-options.ts";

type Options = { name?: string; event?: WebhookEventType[]; disabled?: true };

/** Endpoints are told apart by their host, unless they are given a name. */
const hostOf = (url: string) => URL.parse(url)?.host || "webhook";

export const webhooksCreate: AddCommand = (parent, cli) => {
  parent
    .command("create")
    .argument("<url>", "where events are sent to")
    .option("--name <name>", "what it is for; otherwise the URL's host")
    .option("--event <type>", "only events of this type; may be given several times", eventTypes)
    .option("--disabled", "send nothing until it is enabled")
    .description("Create a webhook endpoint. Its signing secret is printed once.")
    .addHelpText(
      "after",
      example(
        "perennial webhooks create https://ci.example.com/hooks",
        "perennial webhooks create https://ci.example.com/hooks --event fine_tuning.job.failed",
      ),
    )
    .action(async (url: string, { name = hostOf(url), event, disabled }: Options) => {
      const event_types = event ?? [...WebhookEventType.options];
      const request = { name, url, event_types, enabled: disabled !== true };
      const hook = await cli.project().webhooks.create(request);
      if (cli.show.isJson()) return cli.show.json(hook);
      cli.show.remark(`${hook.id}, for ${hook.event_types.join(", ")}.`);
      cli.show.remark(
        `Try it with \`perennial webhooks test ${hook.id}\`. Its signing secret is not shown again:`,
      );
      cli.show.text(`${hook.signing_secret ?? ""}\n`);
    });
};
