import { Refusal } from "../../contract/errors.ts";
import {
  type BucketWidth,
  bucketLimits,
  type OwnUsageQuery,
  type UsageBucket,
  type UsagePage,
  type UsageResult,
} from "../../contract/usage.ts";
import type { Clock } from "../platform/clock.ts";
import type { RequestQueryStore, Scope } from "./request-query-store.ts";
import type { GroupColumn, Sum, SumQuery } from "./sum-query.ts";
import type { UsageStore } from "./usage-store.ts";

type Needs = {
  readonly days: Pick<UsageStore, "sums" | "firstDay">;
  readonly spans: Pick<RequestQueryStore, "sums" | "firstStart">;
  readonly now: Clock;
  readonly flush: () => Promise<void>;
};

const widthSeconds = { "1m": 60, "1h": 3600, "1d": 86_400 } as const satisfies Record<BucketWidth, number>;
const columns: Readonly<Record<string, GroupColumn>> = {
  project_id: "project_id",
  api_key_id: "key_id",
  model: "model",
};
/** An answer's; each is a line of JSON. */
const MOST_RESULTS = 10_000;

const tooMany = () =>
  new Refusal(
    "invalid_value",
    `More than ${MOST_RESULTS} results: ask for fewer buckets, or group by less.`,
    "group_by",
  );

const atLeastOne = (given: readonly string[]): readonly string[] | null => (given.length > 0 ? given : null);

/** Users and batches are not told apart here: nobody has a user's id, and nothing is a batch. */
const asksForNothing = ({ user_ids, batch }: OwnUsageQuery) => user_ids.length > 0 || batch === "true";

const presentResult = (sum: Sum, groupBy: OwnUsageQuery["group_by"]): UsageResult => ({
  object: "organization.usage.completions.result",
  input_tokens: sum.input,
  input_cached_tokens: sum.cached,
  output_tokens: sum.output,
  input_audio_tokens: 0,
  output_audio_tokens: 0,
  num_model_requests: sum.requests,
  project_id: sum.project_id ?? null,
  user_id: null,
  api_key_id: sum.key_id ?? null,
  model: sum.model ?? null,
  batch: groupBy.includes("batch") ? false : null,
  service_tier: groupBy.includes("service_tier") ? "default" : null,
});

type Range = { readonly from: number; readonly to: number; readonly end: number };

/** What was used, by minute, hour or day: kept for 3 days, 400 days and always. */
export function createUsageSums({ days, spans, now, flush }: Needs) {
  async function firstStart(width: BucketWidth, organizationId: string): Promise<number | null> {
    if (width === "1m") return await spans.firstStart("usage_minutes", organizationId);
    if (width === "1h") return await spans.firstStart("usage_hours", organizationId);
    const day = await days.firstDay(organizationId);
    return day === null ? null : day * widthSeconds["1d"];
  }

  const sumsOf = (width: BucketWidth, query: SumQuery): Promise<Sum[]> => {
    if (width === "1d") return days.sums(query);
    return spans.sums(width === "1h" ? "usage_hours" : "usage_minutes", query);
  };

  /** This page's, of whole buckets; those before the first use are left out. */
  async function rangeOf({ organizationId }: Scope, query: OwnUsageQuery): Promise<Range> {
    const width = widthSeconds[query.bucket_width];
    const down = (time: number) => time - (time % width);
    const count = query.limit || bucketLimits[query.bucket_width].standard;
    // Up to and with the bucket of now; a given end is not within.
    const last = down(now()) + width;
    const end = query.end_time === undefined ? last : Math.min(down(query.end_time + width - 1), last);
    const first = (await firstStart(query.bucket_width, organizationId)) ?? end;
    const start = query.page === undefined ? query.start_time : Number(query.page.slice("page_".length));
    const from = Math.max(down(start ?? end - count * width), down(first));
    return { from, to: Math.min(from + count * width, end), end };
  }

  async function read(scope: Scope, query: OwnUsageQuery, { from, to }: Range): Promise<Sum[]> {
    if (from >= to || asksForNothing(query)) return [];
    const sums = await sumsOf(query.bucket_width, {
      organizationId: scope.organizationId,
      from,
      to,
      projectIds: scope.projectId === null ? atLeastOne(query.project_ids) : [scope.projectId],
      keyIds: atLeastOne(query.api_key_ids),
      models: atLeastOne(query.models),
      groupBy: [...new Set(query.group_by.flatMap((name) => columns[name] ?? []))],
      most: MOST_RESULTS + 1,
    });
    if (sums.length > MOST_RESULTS) throw tooMany();
    return sums;
  }

  async function page(scope: Scope, query: OwnUsageQuery): Promise<UsagePage> {
    await flush();
    const range = await rangeOf(scope, query);
    const sums = Map.groupBy(await read(scope, query, range), ({ start }) => start);
    const width = widthSeconds[query.bucket_width];
    const data: UsageBucket[] = [];
    for (let start = range.from; start < range.to; start += width) {
      const results = (sums.get(start) ?? []).map((sum) => presentResult(sum, query.group_by));
      data.push({ object: "bucket", start_time: start, end_time: start + width, results });
    }
    const hasMore = range.to < range.end && range.from < range.to;
    return { object: "page", data, has_more: hasMore, next_page: hasMore ? `page_${range.to}` : null };
  }

  return { page };
}
export type UsageSums = ReturnType<typeof createUsageSums>;
