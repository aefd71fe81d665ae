import { sql, type Transaction } from "kysely";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import type { NewEvent } from "./job.ts";
import { insertEvents, type NewJob } from "./job-store.ts";

const hasKey = async (trx: Transaction<Tables>, job: NewJob): Promise<boolean> => {
  if (job.idempotency_key === null) return false;
  const found = trx.selectFrom("jobs").select("seq").where("project_id", "=", job.project_id);
  return (await found.where("idempotency_key", "=", job.idempotency_key).executeTakeFirst()) !== undefined;
};

/** Its model was deleted since the request was checked, so its adapter may be, too. */
const lacksParent = async (
  trx: Transaction<Tables>,
  { parent_adapter: adapter }: NewJob,
): Promise<boolean> => {
  if (adapter === null) return false;
  const live = trx.selectFrom("tuned_models").select("id").where("deleted_at", "is", null);
  return (await live.where("adapter", "=", adapter).executeTakeFirst()) === undefined;
};

const countWaiting = async (trx: Transaction<Tables>, projectId: string): Promise<number> => {
  const row = await trx
    .selectFrom("jobs")
    .select(sql<number>`count(*)`.as("count"))
    .where("project_id", "=", projectId)
    // Word for word the condition of the index `jobs_waiting`.
    .where(sql<boolean>`status in ('validating_files', 'queued')`)
    .executeTakeFirstOrThrow();
  return row.count;
};

/**
 * "known": the project has a job with this idempotency key. "full": `mostWaiting` of its jobs wait already. "orphan": the
 * model that it goes on from is gone.
 */
export type Inserted = "kept" | "known" | "full" | "orphan";

export const createInsertJob =
  (db: Database) =>
  (job: NewJob, events: readonly NewEvent[], mostWaiting: number): Promise<Inserted> =>
    db.transaction().execute(async (trx) => {
      if (await hasKey(trx, job)) return "known";
      if (await lacksParent(trx, job)) return "orphan";
      if ((await countWaiting(trx, job.project_id)) >= mostWaiting) return "full";
      await trx.insertInto("jobs").values(job).execute();
      await insertEvents(trx, job.id, events, job.created_at);
      return "kept";
    });
export type InsertJob = ReturnType<typeof createInsertJob>;
