import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";

export type TunedModel = Tables["tuned_models"];

/** Rows that are read at a time. */
const PAGE = 500;

export const createBundleStore = (db: Database) => ({
  /** Whatever became of it, and whoever owns it. */
  findAny: (id: string): Promise<TunedModel | undefined> =>
    db.selectFrom("tuned_models").selectAll().where("id", "=", id).executeTakeFirst(),

  /** Takes an imported model in; false: the name is taken. One that the project deleted comes back under its name. */
  async keep(model: TunedModel): Promise<boolean> {
    const { numInsertedOrUpdatedRows } = await db
      .insertInto("tuned_models")
      .values(model)
      .onConflict((conflict) =>
        conflict
          .column("id")
          .doUpdateSet({
            adapter: model.adapter,
            base_model: model.base_model,
            created_at: model.created_at,
            imported_at: model.imported_at,
            deleted_at: null,
          })
          .where("tuned_models.deleted_at", "is not", null)
          .where("tuned_models.project_id", "=", model.project_id),
      )
      .executeTakeFirst();
    return numInsertedOrUpdatedRows === 1n;
  },

  /** A job's events, oldest first. */
  async *listEvents(jobId: string) {
    for (let seq = 0; ; ) {
      const rows = await db
        .selectFrom("job_events")
        .selectAll()
        .where("job_id", "=", jobId)
        .where("seq", ">", seq)
        .orderBy("seq")
        .limit(PAGE)
        .execute();
      yield* rows;
      const last = rows.at(-1);
      if (!last || rows.length < PAGE) return;
      seq = last.seq;
    }
  },
});
export type BundleStore = ReturnType<typeof createBundleStore>;
