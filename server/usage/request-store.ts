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

/** What is run for every request: texts whose parameters are a row's values, in the order of its keys. */
export const requestStatements = (db: RequestDatabase) => ({
  insertRequest: db.insertInto("requests").values(requestRow(anyCall, 0)).compile().sql,
  addHour: addSpan(db, "usage_hours"),
  addMinute: addSpan(db, "usage_minutes"),
});

export const createRequestStore = (db: RequestDatabase) => ({
  async newestSeq(): Promise<number> {
    const { fn } = db;
    const row = await db.selectFrom("requests").select(fn.max("seq").as("seq")).executeTakeFirst();
    return row?.seq ?? 0;
  },
});
export type RequestStore = ReturnType<typeof createRequestStore>;
