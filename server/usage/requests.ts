import { Endpoint, type ListRequests, type RequestObject, type RequestPage } from "../../contract/usage.ts";
import type { RequestQuery, RequestQueryStore, Scope } from "./request-query-store.ts";
import type { RequestRow } from "./request-store.ts";

type Needs = {
  readonly store: Pick<RequestQueryStore, "list" | "seqAfter">;
  /** What has ended by now is there once it resolves. */
  readonly flush: () => Promise<void>;
};

const PREFIX = "rlog_";
/** Rows that a page with filters looks at: a filter that nothing passes must not hold up everybody else. */
const MOST_LOOKED_AT = 10_000;

const rounded = (ms: number): number => Math.round(ms * 100) / 100;

const present = (row: RequestRow): RequestObject => ({
  object: "request",
  id: `${PREFIX}${row.seq}`,
  request_id: row.request_id,
  created_at: row.created_at,
  project_id: row.project_id,
  api_key_id: row.key_id,
  model: row.model,
  endpoint: Endpoint.parse(row.endpoint),
  stream: row.is_streamed === 1,
  status: row.status,
  input_tokens: row.input_tokens,
  cached_tokens: row.cached_tokens,
  output_tokens: row.output_tokens,
  time_to_first_token_ms: row.first_token_ms === null ? null : rounded(row.first_token_ms),
  duration_ms: rounded(row.duration_ms),
});

/** The requests of the last days, newest first. */
export function createRequests({ store, flush }: Needs) {
  /** The last row that this page looks at; null: all of them. */
  const endOf = (query: RequestQuery): Promise<number | null> =>
    query.model === null && query.status === null
      ? Promise.resolve(null)
      : store.seqAfter(query, MOST_LOOKED_AT);

  async function list(scope: Scope, page: ListRequests): Promise<RequestPage> {
    await flush();
    const query = {
      ...scope,
      limit: page.limit + 1,
      beforeSeq: page.after === undefined ? Number.MAX_SAFE_INTEGER : Number(page.after.slice(PREFIX.length)),
      sinceSeq: (page.since ?? 0) * 1_000_000,
      model: page.model ?? null,
      status: page.status ?? null,
    };
    const end = await endOf(query);
    const rows = await store.list(query, end ?? query.sinceSeq);
    const isFull = rows.length > page.limit;
    const data = rows.slice(0, page.limit).map(present);
    const last = isFull || end === null ? (data.at(-1)?.id ?? null) : `${PREFIX}${end}`;
    return {
      object: "list",
      data,
      first_id: data[0]?.id ?? null,
      last_id: last,
      has_more: isFull || end !== null,
    };
  }

  return { list };
}
export type Requests = ReturnType<typeof createRequests>;
