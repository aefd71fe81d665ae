import type { Transaction } from "kysely";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";

export type TunedModel = Tables["tuned_models"];

/** Rows that are read at a time. */
const PAGE = 500;

async function upsert(trx: Transaction<Tables>, model: TunedModel): Promise<boolean> {
  const { adapter, base_model, created_at, imported_at } = model;
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto("tuned_models")
    .values(model)
    .onConflict((conflict) =>
      conflict
        .column("id")
        .doUpdateSet({ adapter, base_model, created_at, imported_at, deleted_at: null })
        .where("tuned_models.deleted_at", "is not", null)
        .where("tuned_models.project_id", "=", model.project_id),
    )
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

export const createBundleStore = (db: Database) => ({
  /** Whatever became of it, and whoever owns it. */
  findAny: (id: string): Promise<TunedModel | undefined> =>
    db.selectFrom("tuned_models").selectAll().where("id", "=", id).executeTakeFirst(),

  /** The step of its job that a model's weights are of; undefined: no checkpoint has them. */
  async findStep({ job_id, adapter }: TunedModel): Promise<number | undefined> {
    const found = await db
      .selectFrom("job_checkpoints as checkpoint")
      .innerJoin("tuned_models as own", "own.id", "checkpoint.model")
      .select("checkpoint.step")
      .where("checkpoint.job_id", "=", job_id)
      .where("own.adapter", "=", adapter)
      .executeTakeFirst();
    return found?.step;
  },

  /**
   * Takes an imported model in; false: the name is taken. One that the project deleted comes back under its name, but
   * not to those whom it was shared with.
   */
  keep: (model: TunedModel, now: number): Promise<boolean> =>
    db.transaction().execute(async (trx) => {
      if (!(await upsert(trx, model))) return false;
      await trx
        .updateTable("checkpoint_permissions")
        .set({ deleted_at: now })
        .where("model", "=", model.id)
        .where("deleted_at", "is", null)
        .execute();
      return true;
    }),

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
