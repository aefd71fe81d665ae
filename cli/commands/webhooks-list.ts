import { take } from "../../client/pages.ts";
import type { WebhookEndpoint } from "../../contract/webhooks.ts";
import type { Column } from "../output/table.ts";
import { ago } from "../output/words.ts";
import { type AddCommand, count, example } from "./command.ts";

const columns = (now: number): Column<WebhookEndpoint>[] => [
  { title: "WEBHOOK", of: ({ id }) => id },
  { title: "NAME", of: ({ name }) => name, shrinks: true },
  { title: "STATE", of: ({ enabled }) => (enabled ? "enabled" : "disabled") },
  { title: "CREATED", of: ({ created_at }) => ago(created_at, now) },
  { title: "URL", of: ({ url }) => url, shrinks: true },
];

export const webhooksList: AddCommand = (parent, cli) => {
  parent
    .command("list")
    .option("--limit <count>", "at most so many", count, 20)
    .description("List webhook endpoints, newest first.")
    .addHelpText("after", example("perennial webhooks list"))
    .action(async ({ limit }: { limit: number }) => {
      const hooks = await take(cli.project().webhooks.list(), limit);
      cli.show.list(hooks, columns(cli.now()), "No webhooks. Create one with `perennial webhooks create`.");
    });
};
