import { type Selectable, sql, type Transaction, type Updateable } from "kysely";
import type { JobStatus } from "../../contract/fine-tuning.ts";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import { newEventId } from "../platform/ids.ts";
import { type EndStatus, isEnd, mayComeFrom, type NewEvent } from "./job.ts";

export type JobRow = Selectable<Tables["jobs"]>;
export type EventRow = Selectable<Tables["job_events"]>;
export type CheckpointRow = Selectable<Tables["job_checkpoints"]>;
export type NewJob = Omit<JobRow, "seq" | "crashes" | "journal_offset" | "last_step">;
export type JobPatch = Updateable<Omit<Tables["jobs"], "seq" | "id" | "status">>;
export type NewModel = Tables["tuned_models"];

/** What one journal event changes; all of it or nothing. */
export type Change = {
  patch: JobPatch;
  events: readonly NewEvent[];
  status?: JobStatus;
  checkpoint?: { row: Omit<CheckpointRow, "seq">; model: NewModel | null };
};

type EventPage = {
  readonly limit: number;
  readonly beforeSeq: number | null;
  readonly type?: EventRow["type"] | undefined;
};
export type MetadataFilter = { readonly pairs: Readonly<Record<string, string>>; readonly isNull: boolean };

export type JobEnd = {
  readonly id: string;
  readonly projectId: string;
  readonly status: EndStatus;
  readonly at: number;
};

/** Who wants to know that a job has ended. */
export type JobEnds = {
  /** Part of the transaction that ends the job: what it writes is there exactly when the job has ended. */
  record: (trx: Transaction<Tables>, end: JobEnd) => Promise<void>;
  /** After that transaction. */
  announce: (jobId: string) => void;
};

export const insertEvents = async (
  trx: Transaction<Tables>,
  jobId: string,
  events: readonly NewEvent[],
  now: number,
) => {
  if (events.length === 0) return;
  const rows = events.map(({ data, ...event }) => ({
    ...event,
    id: newEventId(),
    job_id: jobId,
    created_at: now,
    data: data === null ? null : JSON.stringify(data),
  }));
  await trx.insertInto("job_events").values(rows).execute();
};

async function insertCheckpoint(trx: Transaction<Tables>, checkpoint: Change["checkpoint"]) {
  if (!checkpoint) return;
  await trx.insertInto("job_checkpoints").values(checkpoint.row).execute();
  if (checkpoint.model) await trx.insertInto("tuned_models").values(checkpoint.model).execute();
}

type Moved = Omit<JobEnd, "status"> & { readonly status: JobStatus };

/** A transaction that may end a job; false: it found the job otherwise than it expected. */
async function moving(
  db: Database,
  ends: JobEnds,
  move: (trx: Transaction<Tables>) => Promise<Moved | null>,
): Promise<boolean> {
  const moved = await db.transaction().execute(async (trx) => {
    const done = await move(trx);
    if (done && isEnd(done.status)) await ends.record(trx, { ...done, status: done.status });
    return done;
  });
  if (moved && isEnd(moved.status)) ends.announce(moved.id);
  return moved !== null;
}

export const createJobStore = (db: Database, ends: JobEnds) => ({
  findByKey: (projectId: string, key: string) =>
    db
      .selectFrom("jobs")
      .selectAll()
      .where("project_id", "=", projectId)
      .where("idempotency_key", "=", key)
      .executeTakeFirst(),

  findJob: (projectId: string, id: string) =>
    db
      .selectFrom("jobs")
      .selectAll()
      .where("project_id", "=", projectId)
      .where("id", "=", id)
      .executeTakeFirst(),

  /** Without regard to the project: for the scheduler. */
  findAnyJob: (id: string) => db.selectFrom("jobs").selectAll().where("id", "=", id).executeTakeFirst(),

  /** Newest first; one row more than `limit`. */
  listJobs(projectId: string, page: { limit: number; beforeSeq: number | null }, metadata: MetadataFilter) {
    let rows = db.selectFrom("jobs").selectAll().where("project_id", "=", projectId);
    if (page.beforeSeq !== null) rows = rows.where("seq", "<", page.beforeSeq);
    if (metadata.isNull) rows = rows.where("metadata", "is", null);
    for (const [key, value] of Object.entries(metadata.pairs)) {
      rows = rows.where(
        sql<boolean>`exists (select 1 from json_each(jobs.metadata) where key = ${key} and value = ${value})`,
      );
    }
    return rows
      .orderBy("seq", "desc")
      .limit(page.limit + 1)
      .execute();
  },

  /** Moves a job if its status still allows it, with the events that say so; false: someone moved it first. */
  moveJob: (id: string, status: JobStatus, patch: JobPatch, events: readonly NewEvent[], now: number) =>
    moving(db, ends, async (trx) => {
      const moved = await trx
        .updateTable("jobs")
        .set({ ...patch, status })
        .where("id", "=", id)
        .where("status", "in", [...mayComeFrom[status]])
        .returning("project_id")
        .executeTakeFirst();
      if (!moved) return null;
      await insertEvents(trx, id, events, now);
      return { id, projectId: moved.project_id, status, at: now };
    }),

  /** Takes one journal event in, once: only a running job whose offset is still `from` changes. */
  applyChange: (id: string, from: number, to: number, change: Change, now: number) =>
    moving(db, ends, async (trx) => {
      const changed = await trx
        .updateTable("jobs")
        .set({ ...change.patch, ...(change.status ? { status: change.status } : {}), journal_offset: to })
        .where("id", "=", id)
        .where("status", "=", "running")
        .where("journal_offset", "=", from)
        .returning(["project_id", "status"])
        .executeTakeFirst();
      if (!changed) return null;
      await insertEvents(trx, id, change.events, now);
      await insertCheckpoint(trx, change.checkpoint);
      return { id, projectId: changed.project_id, status: changed.status, at: now };
    }),

  /** A trainer died without a word: counts it, if the job still runs. */
  async countCrash(id: string): Promise<number | null> {
    const row = await db
      .updateTable("jobs")
      .set((job) => ({ crashes: job("crashes", "+", 1) }))
      .where("id", "=", id)
      .where("status", "=", "running")
      .returning("crashes")
      .executeTakeFirst();
    return row?.crashes ?? null;
  },

  addEvents: (id: string, events: readonly NewEvent[], now: number) =>
    db.transaction().execute((trx) => insertEvents(trx, id, events, now)),

  findEvent: (jobId: string, id: string) =>
    db
      .selectFrom("job_events")
      .select("seq")
      .where("job_id", "=", jobId)
      .where("id", "=", id)
      .executeTakeFirst(),

  /** Newest first; one row more than `limit`. */
  listEvents(jobId: string, page: EventPage) {
    let rows = db.selectFrom("job_events").selectAll().where("job_id", "=", jobId);
    if (page.beforeSeq !== null) rows = rows.where("seq", "<", page.beforeSeq);
    if (page.type) rows = rows.where("type", "=", page.type);
    return rows
      .orderBy("seq", "desc")
      .limit(page.limit + 1)
      .execute();
  },

  /** The data of every metrics event, oldest first. */
  listMetrics: (jobId: string) =>
    db
      .selectFrom("job_events")
      .select("data")
      .where("job_id", "=", jobId)
      .where("type", "=", "metrics")
      .orderBy("seq")
      .execute(),

  /** Oldest first; one row more than `limit`. */
  listMetricsAfter: (jobId: string, page: { after: number; limit: number }) =>
    db
      .selectFrom("job_events")
      .select(["seq", "created_at", "data"])
      .where("job_id", "=", jobId)
      .where("type", "=", "metrics")
      .where("seq", ">", page.after)
      .orderBy("seq")
      .limit(page.limit + 1)
      .execute(),

  /** Newest first. */
  listCheckpoints: (jobId: string) =>
    db.selectFrom("job_checkpoints").selectAll().where("job_id", "=", jobId).orderBy("seq", "desc").execute(),

  /** Forgets a checkpoint and its model; returns the adapter that nothing names any more. */
  dropCheckpoint: (checkpoint: CheckpointRow, now: number) =>
    db.transaction().execute(async (trx) => {
      await trx.deleteFrom("job_checkpoints").where("id", "=", checkpoint.id).execute();
      const model = await trx
        .updateTable("tuned_models")
        .set({ deleted_at: now })
        .where("id", "=", checkpoint.model)
        .where("deleted_at", "is", null)
        .returning("adapter")
        .executeTakeFirst();
      return model?.adapter ?? null;
    }),
});
export type JobStore = ReturnType<typeof createJobStore>;
