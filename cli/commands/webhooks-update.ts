import type { UpdateWebhook, WebhookEventType } from "../../contract/webhooks.ts";
import { CliError } from "../cli-error.ts";
import { type AddCommand, example } from "./command.ts";
import { eventTypes } from "./webhook-options.ts";
import { webhookFacts } from "./webhooks-get.ts";

type Options = { url?: string; name?: string; event?: WebhookEventType[]; enable?: true; disable?: true };

function requestOf({ url, name, event, enable, disable }: Options): UpdateWebhook {
  if (enable && disable) throw new CliError("Give --enable or --disable, not both.");
  return {
    ...(url === undefined ? {} : { url }),
    ...(name === undefined ? {} : { name }),
    ...(event === undefined ? {} : { event_types: event }),
    ...(enable || disable ? { enabled: enable === true } : {}),
  };
}

export const webhooksUpdate: AddCommand = (parent, cli) => {
  parent
    .command("update")
    .argument("<webhook>", "the webhook's id")
    .option("--url <url>", "where events are sent to")
    .option("--name <name>", "what it is for")
    .option("--event <type>", "the events it gets from now on; may be given several times", eventTypes)
    .option("--enable", "send to it again")
    .option("--disable", "send nothing; what waits to be sent fails, and can be replayed")
    .description("Change a webhook endpoint.")
    .addHelpText("after", example("perennial webhooks update whe_abc123 --enable"))
    .action(async (id: string, options: Options) => {
      const request = requestOf(options);
      if (Object.keys(request).length === 0)
        throw new CliError("Nothing to change: `perennial webhooks update --help` shows what can be.");
      const hook = await cli.project().webhooks.update(id, request);
      cli.show.one(hook, webhookFacts(hook, cli.now()));
    });
};
