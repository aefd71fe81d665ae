import type { UsageBucket, UsageResult } from "../../../contract/usage.ts";
import type { Series } from "../../ui/chart.tsx";

export const GROUPS = { model: "model", project: "project_id", key: "api_key_id" } as const;
export type Group = keyof typeof GROUPS;

export const MEASURES = {
  requests: "Requests",
  input: "Tokens in",
  output: "Tokens out",
  cached: "Cached tokens",
} as const;
export type Measure = keyof typeof MEASURES;

const HOUR = 3600;
const DAY = 24 * HOUR;
/** `page`: as many buckets as an answer may have. */
export const RANGES = {
  "24h": { title: "24 hours", width: "1h", step: HOUR, count: 24, page: 24 },
  "7d": { title: "7 days", width: "1h", step: HOUR, count: 168, page: 168 },
  "30d": { title: "30 days", width: "1d", step: DAY, count: 30, page: 30 },
  "90d": { title: "90 days", width: "1d", step: DAY, count: 90, page: 31 },
} as const;
export type RangeName = keyof typeof RANGES;

/** The start of each bucket up to and with that of `now`. */
export function startsOf(range: RangeName, now: number): number[] {
  const { step, count } = RANGES[range];
  const last = now - (now % step);
  return Array.from({ length: count }, (_, index) => last - (count - 1 - index) * step);
}

export type Sums = Readonly<Record<Measure, number>>;
export type Row = Sums & { readonly name: string };

const none: Sums = { requests: 0, input: 0, output: 0, cached: 0 };
const add = (a: Sums, b: Sums): Sums => ({
  requests: a.requests + b.requests,
  input: a.input + b.input,
  output: a.output + b.output,
  cached: a.cached + b.cached,
});
const sumsOf = (result: UsageResult): Sums => ({
  requests: result.num_model_requests,
  input: result.input_tokens,
  output: result.output_tokens,
  cached: result.input_cached_tokens,
});
const nameOf = (result: UsageResult, group: Group) => result[GROUPS[group]] ?? "–";

/** What each model, project or key used in all, the most of `measure` first. */
export function totals(buckets: readonly UsageBucket[], group: Group, measure: Measure): Row[] {
  const byName = new Map<string, Sums>();
  for (const result of buckets.flatMap(({ results }) => results)) {
    const name = nameOf(result, group);
    byName.set(name, add(byName.get(name) ?? none, sumsOf(result)));
  }
  return [...byName]
    .map(([name, sums]) => ({ name, ...sums }))
    .sort((a, b) => b[measure] - a[measure] || (a.name < b.name ? -1 : 1));
}

export const together = (rows: readonly Row[]): Sums => rows.reduce<Sums>(add, none);

type LinesOf = {
  readonly buckets: readonly UsageBucket[];
  readonly group: Group;
  readonly measure: Measure;
  readonly starts: readonly number[];
  /** As many lines as can be told apart; the last is of all others. */
  readonly most: number;
};

/** One line each of those that used most; 0 where nothing was used. */
export function linesOf({ buckets, group, measure, starts, most }: LinesOf): Series[] {
  const names = totals(buckets, group, measure).map(({ name }) => name);
  const alone = names.length > most ? names.slice(0, most - 1) : names;
  const at = new Map(starts.map((start, index) => [start, index]));
  const lines = new Map<string, number[]>();
  const lineOf = (name: string) => {
    const key = alone.includes(name) ? name : "others";
    const line = lines.get(key) ?? starts.map(() => 0);
    lines.set(key, line);
    return line;
  };
  for (const name of names) lineOf(name);
  for (const { start_time, results } of buckets) {
    const index = at.get(start_time);
    if (index === undefined) continue;
    for (const result of results) {
      const line = lineOf(nameOf(result, group));
      line[index] = (line[index] ?? 0) + sumsOf(result)[measure];
    }
  }
  return [...lines].map(([name, values]) => ({ name, values }));
}
