import { type Selectable, sql, type Transaction } from "kysely";
import type { Item } from "../../contract/response-items.ts";
import type { ResponseObject, ResponseStatus, StreamEvent } from "../../contract/responses.ts";
import { appendItems } from "../conversations/conversation-store.ts";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import { createItemReads, insertItems } from "./response-item-store.ts";

export type ResponseRow = Selectable<Tables["responses"]>;
export type NewRow = Omit<ResponseRow, "seq" | "attempts">;
export type Batch = { readonly responseId: string; readonly events: readonly StreamEvent[] };

/** How a response ended, and what is to be kept of it. */
export type ResponseEnd = {
  readonly response: ResponseObject;
  /** Those that are not stored yet, in order. */
  readonly events: readonly StreamEvent[];
  /** For its conversation. */
  readonly turn: readonly Item[];
};

const OPEN = ["queued", "in_progress"] as const;

const withoutOutput = ({ output: _, ...response }: ResponseObject): string => JSON.stringify(response);

async function insertEvents(trx: Transaction<Tables>, { responseId, events }: Batch): Promise<void> {
  const [first, last] = [events[0], events.at(-1)];
  if (!first || !last) return;
  const row = {
    response_id: responseId,
    first: first.sequence_number,
    last: last.sequence_number,
    events: JSON.stringify(events),
  };
  await trx.insertInto("response_events").values(row).execute();
}

const exists = async (trx: Transaction<Tables>, id: string): Promise<boolean> =>
  (await trx.selectFrom("responses").select("seq").where("id", "=", id).executeTakeFirst()) !== undefined;

const countOpen = async (trx: Transaction<Tables>, projectId: string): Promise<number> => {
  const row = await trx
    .selectFrom("responses")
    .select(sql<number>`count(*)`.as("count"))
    .where("project_id", "=", projectId)
    .where("is_background", "=", 1)
    // Word for word the condition of the index `responses_open`.
    .where(sql<boolean>`status in ('queued', 'in_progress')`)
    .executeTakeFirstOrThrow();
  return row.count;
};

type Begin = {
  readonly row: NewRow;
  readonly input: readonly Item[];
  readonly events: readonly StreamEvent[];
};

async function insertResponse(trx: Transaction<Tables>, { row, input, events }: Begin): Promise<void> {
  await trx.insertInto("responses").values(row).execute();
  await insertItems(trx, { responseId: row.id, side: "input" }, input);
  await insertEvents(trx, { responseId: row.id, events });
}

const noteOf = ({ response }: ResponseEnd) => ({
  status: response.status,
  response: withoutOutput(response),
});

export const createResponseStore = (db: Database) => ({
  ...createItemReads(db),

  insert: (begin: Begin) => db.transaction().execute((trx) => insertResponse(trx, begin)),

  /** false: `mostOpen` of the project's are open already. */
  insertBackground: (begin: Begin, mostOpen: number) =>
    db.transaction().execute(async (trx): Promise<boolean> => {
      if ((await countOpen(trx, begin.row.project_id)) >= mostOpen) return false;
      await insertResponse(trx, begin);
      return true;
    }),

  /** One that has ended already, as a whole. */
  insertEnded: (begin: Begin, { response, turn }: ResponseEnd) =>
    db.transaction().execute(async (trx) => {
      await insertResponse(trx, begin);
      await insertItems(trx, { responseId: response.id, side: "output" }, response.output);
      if (begin.row.conversation_id) await appendItems(trx, begin.row.conversation_id, turn);
    }),

  /** false: it had ended, or is gone. */
  end: (end: ResponseEnd) =>
    db.transaction().execute(async (trx): Promise<boolean> => {
      const { response, events, turn } = end;
      const row = await trx
        .updateTable("responses")
        .set(noteOf(end))
        .where("id", "=", response.id)
        .where("status", "in", OPEN)
        .returning("conversation_id")
        .executeTakeFirst();
      if (!row) return false;
      await insertItems(trx, { responseId: response.id, side: "output" }, response.output);
      await insertEvents(trx, { responseId: response.id, events });
      if (row.conversation_id) await appendItems(trx, row.conversation_id, turn);
      return true;
    }),

  /** Takes a queued one up; undefined: it was cancelled, or is gone. */
  start: (id: string) =>
    db
      .updateTable("responses")
      .set((row) => ({ status: "in_progress", attempts: row("attempts", "+", 1) }))
      .where("id", "=", id)
      .where("status", "=", "queued")
      .returningAll()
      .executeTakeFirst(),

  /** A stop of the server is no fault of the response that it interrupts. */
  forgiveStart: (id: string) =>
    db
      .updateTable("responses")
      .set((row) => ({ attempts: row("attempts", "-", 1) }))
      .where("id", "=", id)
      .where("status", "=", "in_progress")
      .execute(),

  /** Puts one that was begun back, without what it has said; answers the number of its next event. */
  requeue: (id: string) =>
    db.transaction().execute(async (trx): Promise<number> => {
      await trx
        .updateTable("responses")
        .set({ status: "queued" })
        .where("id", "=", id)
        .where("status", "=", "in_progress")
        .execute();
      const events = trx.selectFrom("response_events").where("response_id", "=", id);
      const { last } = await events.select((row) => row.fn.max("last").as("last")).executeTakeFirstOrThrow();
      await trx.deleteFrom("response_events").where("response_id", "=", id).where("first", ">", 0).execute();
      return (last ?? -1) + 1;
    }),

  /** Oldest first, of all projects: for the start of the server. */
  listOpen: () =>
    db
      .selectFrom("responses")
      .selectAll()
      .where(sql<boolean>`status in ('queued', 'in_progress')`)
      .orderBy("seq")
      .execute(),

  /** Only of those that are still there. */
  addEvents: (batches: readonly Batch[]) =>
    db.transaction().execute(async (trx) => {
      for (const batch of batches) if (await exists(trx, batch.responseId)) await insertEvents(trx, batch);
    }),

  async eventsAfter(id: string, sequence: number): Promise<StreamEvent[]> {
    const rows = await db
      .selectFrom("response_events")
      .select("events")
      .where("response_id", "=", id)
      .where("last", ">", sequence)
      .orderBy("first")
      .execute();
    const events: StreamEvent[] = rows.flatMap((row) => JSON.parse(row.events));
    return events.filter((event) => event.sequence_number > sequence);
  },

  find: (projectId: string, id: string) =>
    db
      .selectFrom("responses")
      .selectAll()
      .where("project_id", "=", projectId)
      .where("id", "=", id)
      .executeTakeFirst(),

  /** What it was built on, itself first, then back; at most `most`. */
  async listChain(projectId: string, id: string, most: number): Promise<ChainLink[]> {
    const { rows } = await sql<ChainLink>`
      with recursive chain (id, previous_id, status, depth) as (
        select id, previous_id, status, 1 from responses where id = ${id} and project_id = ${projectId}
        union all
        select r.id, r.previous_id, r.status, chain.depth + 1
        from responses r join chain on r.id = chain.previous_id
        where r.project_id = ${projectId} and chain.depth < ${most}
      )
      select id, previous_id, status from chain order by depth`.execute(db);
    return rows;
  },

  /** Its items and events go with it. */
  remove: (projectId: string, id: string) =>
    db
      .deleteFrom("responses")
      .where("project_id", "=", projectId)
      .where("id", "=", id)
      .returning("id")
      .executeTakeFirst(),

  /** Some of those past their time on which no other is built; how many. */
  async removeExpired(now: number, most: number): Promise<number> {
    const expired = db
      .selectFrom("responses")
      .select("id")
      .where("expires_at", "<=", now)
      .where("status", "not in", OPEN)
      .where(sql<boolean>`not exists (select 1 from responses later where later.previous_id = responses.id)`)
      .limit(most);
    const result = await db.deleteFrom("responses").where("id", "in", expired).executeTakeFirst();
    return Number(result.numDeletedRows);
  },
});
export type ResponseStore = ReturnType<typeof createResponseStore>;

export type ChainLink = {
  readonly id: string;
  readonly previous_id: string | null;
  readonly status: ResponseStatus;
};
