import { take } from "../../client/pages.ts";
import type { RequestObject } from "../../contract/usage.ts";
import type { Column } from "../output/table.ts";
import { ago, thousands } from "../output/words.ts";
import { type AddCommand, count, example } from "./command.ts";
import { since } from "./webhook-options.ts";

type Options = { model?: string; status?: string; since?: number; limit: number; admin?: true };

const ms = (value: number | null): string => {
  if (value === null) return "";
  return value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`;
};

const columns = (now: number): Column<RequestObject>[] => [
  { title: "WHEN", of: ({ created_at }) => ago(created_at, now) },
  { title: "REQUEST", of: ({ request_id }) => request_id, shrinks: true },
  { title: "MODEL", of: ({ model }) => model, shrinks: true },
  {
    title: "API",
    of: ({ endpoint, stream }) => (stream ? `${endpoint}, streamed` : endpoint),
    shrinks: true,
  },
  { title: "STATUS", of: ({ status }) => status, shrinks: true },
  { title: "IN", of: ({ input_tokens }) => thousands(input_tokens) },
  { title: "OUT", of: ({ output_tokens }) => thousands(output_tokens) },
  { title: "FIRST", of: ({ time_to_first_token_ms }) => ms(time_to_first_token_ms) },
  { title: "TOOK", of: ({ duration_ms }) => ms(duration_ms) },
];

export const requestsCommand: AddCommand = (parent, cli) => {
  parent
    .command("requests")
    .option("--model <model>", "only those for this model")
    .option("--status <status>", "only ok, cancelled or failed ones, or those of one kind of error")
    .option("--since <time>", "only those since then: 30m, 6h, 2d, or a date", (text: string) =>
      since(text, cli.now()),
    )
    .option("--limit <count>", "at most so many", count, 20)
    .option("--admin", "those of all projects of the organization (needs the admin key)")
    .description("List the latest requests for an answer: tokens, times, and how they ended.")
    .addHelpText("after", example("perennial requests --status failed --since 1d"))
    .action(async ({ limit, admin, since: from, ...filter }: Options) => {
      const client = admin ? cli.admin() : cli.project();
      const start = from === undefined ? {} : { since: from };
      const requests = await take(client.usage.requests({ ...filter, ...start }, limit), limit);
      cli.show.list(requests, columns(cli.now()), "No requests.");
    });
};
