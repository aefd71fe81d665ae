import { sql } from "kysely";
import type { RequestDatabase } from "../database/database.ts";
import type { RequestTables } from "../database/request-tables.ts";
import type { EndedCall } from "./call.ts";

export type RequestRow = RequestTables["requests"];
export type Span = RequestTables["usage_hours"];

export const requestRow = (call: EndedCall, seq: number): RequestRow => ({
  seq,
  request_id: call.requestId,
  created_at: call.createdAt,
  organization_id: call.organizationId,
  project_id: call.projectId,
  key_id: call.keyId,
  model: call.answering?.model ?? call.model,
  endpoint: call.endpoint,
  is_streamed: call.isStreamed ? 1 : 0,
  status: call.status,
  input_tokens: call.tokens.input,
  output_tokens: call.tokens.output,
  cached_tokens: call.tokens.cached,
  first_token_ms: call.firstTokenMs,
  duration_ms: call.durationMs,
});

/** What one answered request adds to the hour or minute that begins at `start`. */
export const spanOf = (call: EndedCall, start: number): Span => ({
  start,
  organization_id: call.organizationId,
  project_id: call.projectId,
  key_id: call.keyId,
  model: call.answering?.model ?? call.model,
  requests: 1,
  input_tokens: call.tokens.input,
  output_tokens: call.tokens.output,
  cached_tokens: call.tokens.cached,
});

const anyCall: EndedCall = {
  requestId: "",
  projectId: "",
  organizationId: "",
  keyId: "",
  endpoint: "chat",
  model: "",
  isStreamed: false,
  createdAt: 0,
  answering: null,
  status: "",
  answeredAt: null,
  tokens: { input: 0, output: 0, cached: 0 },
  firstTokenMs: null,
  durationMs: 0,
};

const REMOVED_AT_ONCE = 5000;

const addSpan = (db: RequestDatabase, table: "usage_hours" | "usage_minutes"): string =>
  db
    .insertInto(table)
    .values(spanOf(anyCall, 0))
    .onConflict((conflict) =>
      conflict
        .columns(["organization_id", "start", "project_id", "key_id", "model"])
        .doUpdateSet(({ eb, ref }) => ({
          requests: eb(ref(`${table}.requests`), "+", ref("excluded.requests")),
          input_tokens: eb(ref(`${table}.input_tokens`), "+", ref("excluded.input_tokens")),
          output_tokens: eb(ref(`${table}.output_tokens`), "+", ref("excluded.output_tokens")),
          cached_tokens: eb(ref(`${table}.cached_tokens`), "+", ref("excluded.cached_tokens")),
        })),
    )
    .compile().sql;

/** Places in `requestStatements`. */
export const STATEMENT = {
  insertRequest: 0,
  addHour: 1,
  addMinute: 2,
  removeRequests: 3,
  removeHours: 4,
  removeMinutes: 5,
} as const;

/** What the writer runs: texts whose parameters are a row's values in the order of its keys, or the end of what goes. */
export const requestStatements = (db: RequestDatabase): string[] => [
  db.insertInto("requests").values(requestRow(anyCall, 0)).compile().sql,
  addSpan(db, "usage_hours"),
  addSpan(db, "usage_minutes"),
  db
    .deleteFrom("requests")
    .where("seq", "in", (from) =>
      from
        .selectFrom("requests")
        .select("seq")
        .where("seq", "<", 0)
        .orderBy("seq")
        .limit(sql.lit(REMOVED_AT_ONCE)),
    )
    .compile().sql,
  db.deleteFrom("usage_hours").where("start", "<", 0).compile().sql,
  db.deleteFrom("usage_minutes").where("start", "<", 0).compile().sql,
];

export const createRequestStore = (db: RequestDatabase) => ({
  async newestSeq(): Promise<number> {
    const { fn } = db;
    const row = await db.selectFrom("requests").select(fn.max("seq").as("seq")).executeTakeFirst();
    return row?.seq ?? 0;
  },

  async oldestSeq(): Promise<number | null> {
    const { fn } = db;
    const row = await db.selectFrom("requests").select(fn.min("seq").as("seq")).executeTakeFirst();
    return row?.seq ?? null;
  },
});
export type RequestStore = ReturnType<typeof createRequestStore>;
