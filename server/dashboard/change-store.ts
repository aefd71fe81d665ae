import { sql } from "kysely";
import { type Database, onWrite } from "../database/database.ts";

/** Which jobs something happened to: everything that happens to a job leaves an event. */
export const createChangeStore = (db: Database) => ({
  onJobEvents: (tell: () => void) => onWrite(db, ["job_events"], tell),

  async newestEvent(): Promise<number> {
    const row = await db
      .selectFrom("job_events")
      .select(sql<number | null>`max(seq)`.as("seq"))
      .executeTakeFirst();
    return row?.seq ?? 0;
  },

  jobsBetween: (after: number, upTo: number) =>
    db
      .selectFrom("job_events as event")
      .innerJoin("jobs as job", "job.id", "event.job_id")
      .select(["job.id", "job.project_id", "job.organization_id"])
      .distinct()
      .where("event.seq", ">", after)
      .where("event.seq", "<=", upTo)
      .execute(),
});
export type ChangeStore = ReturnType<typeof createChangeStore>;
