import type { WebhookEndpoint } from "../../contract/webhooks.ts";
import type { Fact } from "../output/table.ts";
import { ago } from "../output/words.ts";
import { type AddCommand, example } from "./command.ts";

export const webhookFacts = (hook: WebhookEndpoint, now: number): Fact[] => [
  ["webhook", hook.id],
  ["name", hook.name],
  ["url", hook.url],
  ["state", hook.enabled ? "enabled" : "disabled"],
  ...(hook.disabled_reason === null ? [] : [["disabled because", hook.disabled_reason] as const]),
  ...hook.event_types.map((type) => ["event", type] as const),
  ["signing secret", hook.signing_secret_hint ?? "unknown"],
  ["created", ago(hook.created_at, now)],
  ["changed", ago(hook.updated_at, now)],
];

export const webhooksGet: AddCommand = (parent, cli) => {
  parent
    .command("get")
    .argument("<webhook>", "the webhook's id")
    .description("Show a webhook endpoint.")
    .addHelpText("after", example("perennial webhooks get whe_abc123"))
    .action(async (id: string) => {
      const hook = await cli.project().webhooks.get(id);
      cli.show.one(hook, webhookFacts(hook, cli.now()));
    });
};
