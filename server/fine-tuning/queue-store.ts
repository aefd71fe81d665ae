import type { Transaction } from "kysely";
import { sql } from "kysely";
import type { JobStatus } from "../../contract/fine-tuning.ts";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import type { NewEvent } from "./job.ts";
import { insertEvents, type JobRow } from "./job-store.ts";

const OPEN: JobStatus[] = ["validating_files", "queued", "running"];

// Word for word the conditions of the indexes `jobs_open` and `jobs_next`: with bound values SQLite reads the whole table.
const isOpen = sql<boolean>`status in ('validating_files', 'queued', 'running')`;
const isNext = sql<boolean>`status = 'queued' and paused_at is null`;

type EventsOf = (job: JobRow) => readonly NewEvent[];

async function told(trx: Transaction<Tables>, job: JobRow | undefined, events: EventsOf, now: number) {
  if (job) await insertEvents(trx, job.id, events(job), now);
  return job ?? null;
}

/** The queue's own questions: who is next, who takes a job, and which job rests until it is resumed. */
export const createQueueStore = (db: Database) => ({
  /** The next job of each project that has one. */
  listHeads: () =>
    db
      .selectFrom("jobs")
      .select(["project_id as projectId", sql<number>`min(seq)`.as("seq")])
      .where(isNext)
      .groupBy("project_id")
      .execute(),

  findBySeq: (seq: number) => db.selectFrom("jobs").selectAll().where("seq", "=", seq).executeTakeFirst(),

  /** The oldest jobs of a status. */
  listOldest: (status: JobStatus, limit: number) =>
    db
      .selectFrom("jobs")
      .selectAll()
      .where(isOpen)
      .where("status", "=", status)
      .orderBy("seq")
      .limit(limit)
      .execute(),

  listOpen: (projectId: string) =>
    db.selectFrom("jobs").select("id").where(isOpen).where("project_id", "=", projectId).execute(),

  listRunning: () =>
    db.selectFrom("jobs").selectAll().where(isOpen).where("status", "=", "running").orderBy("seq").execute(),

  /** A queued job begins to run; null: it was cancelled or paused first. */
  claimJob: (id: string, events: EventsOf, now: number): Promise<JobRow | null> =>
    db.transaction().execute(async (trx) => {
      const job = await trx
        .updateTable("jobs")
        .set({ status: "running" })
        .where("id", "=", id)
        .where("status", "=", "queued")
        .where("paused_at", "is", null)
        .returningAll()
        .executeTakeFirst();
      return told(trx, job, events, now);
    }),

  /** null: it has ended, or is paused already. */
  pauseJob: (projectId: string, id: string, events: EventsOf, now: number): Promise<JobRow | null> =>
    db.transaction().execute(async (trx) => {
      const job = await trx
        .updateTable("jobs")
        .set({ paused_at: now })
        .where("project_id", "=", projectId)
        .where("id", "=", id)
        .where("status", "in", OPEN)
        .where("paused_at", "is", null)
        .returningAll()
        .executeTakeFirst();
      return told(trx, job, events, now);
    }),

  /** null: it is not paused. */
  resumeJob: (projectId: string, id: string, events: EventsOf, now: number): Promise<JobRow | null> =>
    db.transaction().execute(async (trx) => {
      const job = await trx
        .updateTable("jobs")
        .set({ paused_at: null })
        .where("project_id", "=", projectId)
        .where("id", "=", id)
        .where("status", "in", OPEN)
        .where("paused_at", "is not", null)
        .returningAll()
        .executeTakeFirst();
      return told(trx, job, events, now);
    }),

  /** The trainer of a job that was asked to pause is gone without having said so; null: it was resumed meanwhile. */
  restPaused: (id: string, events: EventsOf, now: number): Promise<JobRow | null> =>
    db.transaction().execute(async (trx) => {
      const job = await trx
        .updateTable("jobs")
        .set({ status: "queued", estimated_finish: null })
        .where("id", "=", id)
        .where("status", "=", "running")
        .where("paused_at", "is not", null)
        .returningAll()
        .executeTakeFirst();
      return told(trx, job, events, now);
    }),
});
export type QueueStore = ReturnType<typeof createQueueStore>;
