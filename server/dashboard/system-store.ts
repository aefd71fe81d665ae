import { sql } from "kysely";
import type { Database } from "../database/database.ts";

export type RunningRow = {
  readonly id: string;
  readonly project_id: string;
  readonly organization_id: string;
  readonly base_model: string;
};

export const createSystemStore = (db: Database) => ({
  /** Oldest first. */
  listRunning: (): Promise<RunningRow[]> =>
    db
      .selectFrom("jobs")
      .select(["id", "project_id", "organization_id", "base_model"])
      .where("status", "=", "running")
      .orderBy("seq")
      .execute(),

  async countWaiting(): Promise<number> {
    const row = await db
      .selectFrom("jobs")
      .select(sql<number>`count(*)`.as("count"))
      // Word for word the condition of the index `jobs_waiting`.
      .where(sql<boolean>`status in ('validating_files', 'queued')`)
      .executeTakeFirstOrThrow();
    return row.count;
  },
});
export type SystemStore = ReturnType<typeof createSystemStore>;
