import type { UsageFilter } from "../../client/usage.ts";
import type { UsageBucket, UsageResult } from "../../contract/usage.ts";
import { CliError } from "../cli-error.ts";
import type { Column } from "../output/table.ts";
import { dateOf, momentOf, thousands } from "../output/words.ts";
import { type AddCommand, example } from "./command.ts";
import { since } from "./webhook-options.ts";

type Options = { by: string; group?: string[]; since?: number; model?: string; admin?: true };
type Row = UsageResult & { readonly start_time: number };
type Width = UsageFilter["bucket_width"];
type Group = UsageFilter["group_by"][number];

const widths: Readonly<Record<string, { width: Width; seconds: number; limit: number; buckets: number }>> = {
  day: { width: "1d", seconds: 86_400, limit: 31, buckets: 30 },
  hour: { width: "1h", seconds: 3600, limit: 168, buckets: 24 },
  minute: { width: "1m", seconds: 60, limit: 1440, buckets: 60 },
};
const groups: Readonly<Record<string, Group>> = { model: "model", project: "project_id", key: "api_key_id" };

function chosen<Value>(all: Readonly<Record<string, Value>>, name: string, option: string): Value {
  const value = Object.hasOwn(all, name) ? all[name] : undefined;
  if (value === undefined) throw new CliError(`No ${option} '${name}': use ${Object.keys(all).join(", ")}.`);
  return value;
}

const rowsOf = ({ start_time, results }: UsageBucket): Row[] =>
  results.map((result) => ({ ...result, start_time }));

function columns(by: string, grouped: readonly Group[]): Column<Row>[] {
  const named = grouped.map(
    (group): Column<Row> => ({
      title: group === "model" ? "MODEL" : group === "project_id" ? "PROJECT" : "KEY",
      of: (row) => row[group] ?? "",
      shrinks: true,
    }),
  );
  return [
    {
      title: by.toUpperCase(),
      of: ({ start_time }) => (by === "day" ? dateOf(start_time) : momentOf(start_time)),
    },
    ...named,
    { title: "REQUESTS", of: ({ num_model_requests }) => thousands(num_model_requests) },
    { title: "INPUT", of: ({ input_tokens }) => thousands(input_tokens) },
    { title: "CACHED", of: ({ input_cached_tokens }) => thousands(input_cached_tokens) },
    { title: "OUTPUT", of: ({ output_tokens }) => thousands(output_tokens) },
  ];
}

const collect = (value: string, all: string[] = []) => [...all, value];

export const usageCommand: AddCommand = (parent, cli) => {
  parent
    .command("usage")
    .option("--by <width>", "sums by day, hour or minute", "day")
    .option("--group <what>", "told apart by model, project or key; may be given several times", collect)
    .option("--since <time>", "from then on: 6h, 30d, or a date", (text: string) => since(text, cli.now()))
    .option("--model <model>", "of this model alone")
    .option("--admin", "of all projects of the organization (needs the admin key)")
    .description("Show how many requests were answered, and their tokens.")
    .addHelpText("after", example("perennial usage --by hour --group model", "perennial usage --since 90d"))
    .action(async ({ by, since: from, model, admin, ...options }: Options) => {
      const { width, seconds, limit, buckets } = chosen(widths, by, "width");
      const group_by = (options.group ?? []).map((name) => chosen(groups, name, "group"));
      const start_time = from ?? cli.now() - (buckets - 1) * seconds;
      const filter = { start_time, bucket_width: width, group_by, limit };
      const client = admin ? cli.admin() : cli.project();
      const rows: Row[] = [];
      const all = client.usage.buckets({ ...filter, ...(model === undefined ? {} : { models: [model] }) });
      for await (const bucket of all) rows.push(...rowsOf(bucket));
      cli.show.list(rows, columns(by, group_by), "Nothing was used.");
    });
};
