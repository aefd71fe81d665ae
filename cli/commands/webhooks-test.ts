import type { WebhookEventType } from "../../contract/webhooks.ts";
import { CliError } from "../cli-error.ts";
import { type AddCommand, example } from "./command.ts";
import { eventType } from "./webhook-options.ts";

const STANDARD: WebhookEventType = "fine_tuning.job.succeeded";

export const webhooksTest: AddCommand = (parent, cli) => {
  parent
    .command("test")
    .argument("<webhook>", "the webhook's id")
    .option("--event <type>", "the type of the sample event", eventType, STANDARD)
    .description("Send a sample event of the made-up job ftjob-test at once, and show the answer.")
    .addHelpText("after", example("perennial webhooks test whe_abc123 --event fine_tuning.job.failed"))
    .action(async (id: string, { event }: { event: WebhookEventType }) => {
      const result = await cli.project().webhooks.test(id, event);
      cli.show.one(result, [
        ["sent", result.event_type],
        ["answer", String(result.status_code)],
      ]);
      if (result.status_code >= 200 && result.status_code < 300) return;
      const more = `\`perennial webhooks deliveries ${id}\` shows more`;
      throw new CliError(`The endpoint answered ${result.status_code}, which does not acknowledge; ${more}.`);
    });
};
