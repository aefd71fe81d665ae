import { type Selectable, sql, type Transaction, type Updateable } from "kysely";
import type { JobStatus } from "../../contract/fine-tuning.ts";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import { newEventId } from "../platform/ids.ts";
import { mayComeFrom, type NewEvent } from "./job.ts";

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

export type MetadataFilter = { readonly pairs: Readonly<Record<string, string>>; readonly isNull: boolean };

const insertEvents = async (
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

export const createJobStore = (db: Database) => ({
  insertJob: (job: NewJob, events: readonly NewEvent[]) =>
    db.transaction().execute(async (trx) => {
      await trx.insertInto("jobs").values(job).execute();
      await insertEvents(trx, job.id, events, job.created_at);
    }),

  findJob: (projectId: string, id: string) =>
    db
      .selectFrom("jobs")
      .selectAll()
      .where("project_id", "=", projectId)
      .where("id", "=", id)
      .executeTakeFirst(),

  /** Without regard to the project: for the scheduler. */
  findAnyJob: (id: string) => db.selectFrom("jobs").selectAll().where("id", "=", id).executeTakeFirst(),

  listByStatus: (status: JobStatus) =>
    db.selectFrom("jobs").selectAll().where("status", "=", status).orderBy("seq").execute(),

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
    db.transaction().execute(async (trx) => {
      const { numUpdatedRows } = await trx
        .updateTable("jobs")
        .set({ ...patch, status })
        .where("id", "=", id)
        .where("status", "in", [...mayComeFrom[status]])
        .executeTakeFirst();
      if (numUpdatedRows !== 1n) return false;
      await insertEvents(trx, id, events, now);
      return true;
    }),

  /** Takes one journal event in, once: only a running job whose offset is still `from` changes. */
  applyChange: (id: string, from: number, to: number, change: Change, now: number) =>
    db.transaction().execute(async (trx) => {
      const { numUpdatedRows } = await trx
        .updateTable("jobs")
        .set({ ...change.patch, ...(change.status ? { status: change.status } : {}), journal_offset: to })
        .where("id", "=", id)
        .where("status", "=", "running")
        .where("journal_offset", "=", from)
        .executeTakeFirst();
      if (numUpdatedRows !== 1n) return false;
      await insertEvents(trx, id, change.events, now);
      await insertCheckpoint(trx, change.checkpoint);
      return true;
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
  listEvents(jobId: string, page: { limit: number; beforeSeq: number | null }) {
    let rows = db.selectFrom("job_events").selectAll().where("job_id", "=", jobId);
    if (page.beforeSeq !== null) rows = rows.where("seq", "<", page.beforeSeq);
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
