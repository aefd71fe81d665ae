import { sql, type Transaction } from "kysely";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import type { NewEvent } from "./job.ts";
import { type CheckpointRow, insertEvents, type JobRow } from "./job-store.ts";

export type ShownCheckpoint = CheckpointRow & {
  /** 1: the job's model answers with its adapter. */
  readonly is_model: number;
  readonly is_deleted: number;
};

type TunedModel = Tables["tuned_models"];

export type Choice = {
  readonly job: JobRow;
  readonly checkpoint: string;
  /** What the last checkpoint is called once the model's name means another. */
  readonly ownName: (step: number) => string;
  readonly events: readonly NewEvent[];
  readonly now: number;
};

const findModel = (trx: Transaction<Tables>, id: string | null) =>
  trx.selectFrom("tuned_models").selectAll().where("id", "=", id).executeTakeFirst();

/** The name gets another adapter if everything still is as it must be for that; false: it is not. */
async function moveAdapter(trx: Transaction<Tables>, { job, checkpoint }: Choice): Promise<boolean> {
  const own = trx
    .selectFrom("job_checkpoints as checkpoint")
    .innerJoin("tuned_models as own", "own.id", "checkpoint.model")
    .where("checkpoint.id", "=", checkpoint)
    .where("checkpoint.job_id", "=", job.id)
    .where("own.deleted_at", "is", null);
  const { numUpdatedRows } = await trx
    .updateTable("tuned_models")
    .set((to) => ({ adapter: to.fn.coalesce(own.select("own.adapter"), "tuned_models.adapter") }))
    .where("id", "=", (from) =>
      from
        .selectFrom("jobs")
        .select("fine_tuned_model")
        .where("id", "=", job.id)
        .where("project_id", "=", job.project_id)
        .where("status", "=", "succeeded"),
    )
    .where("deleted_at", "is", null)
    .where("imported_at", "is", null)
    .where((is) =>
      is.exists(own.select("own.id").whereRef("own.adapter", "<>", is.ref("tuned_models.adapter"))),
    )
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** The last checkpoint is called by the model's name until that means another; then it gets one of its own. */
async function nameLast(trx: Transaction<Tables>, { job, ownName }: Choice, model: TunedModel) {
  const last = await trx
    .selectFrom("job_checkpoints")
    .selectAll()
    .where("job_id", "=", job.id)
    .where("model", "=", model.id)
    .executeTakeFirst();
  if (!last) return;
  const id = ownName(last.step);
  await trx
    .insertInto("tuned_models")
    .values({ ...model, id })
    .execute();
  await trx.updateTable("job_checkpoints").set({ model: id }).where("id", "=", last.id).execute();
}

export const createCheckpointStore = (db: Database) => ({
  /** Newest first. */
  listShown: (job: JobRow): Promise<ShownCheckpoint[]> =>
    db
      .selectFrom("job_checkpoints as checkpoint")
      .leftJoin("tuned_models as own", "own.id", "checkpoint.model")
      .leftJoin("tuned_models as model", (join) => join.on("model.id", "=", job.fine_tuned_model))
      .selectAll("checkpoint")
      .select([
        sql<number>`coalesce(model.adapter = own.adapter and model.deleted_at is null, 0)`.as("is_model"),
        sql<number>`(own.id is null or own.deleted_at is not null)`.as("is_deleted"),
      ])
      .where("checkpoint.job_id", "=", job.id)
      .orderBy("checkpoint.seq", "desc")
      .execute(),

  /** Of any job of the project. */
  findCheckpoint: (projectId: string, id: string) =>
    db
      .selectFrom("job_checkpoints as checkpoint")
      .innerJoin("jobs", "jobs.id", "checkpoint.job_id")
      .selectAll("checkpoint")
      .where("checkpoint.id", "=", id)
      .where("jobs.project_id", "=", projectId)
      .executeTakeFirst(),

  /** The job's model answers from the checkpoint from now on. Returns it as it was; null: it did before, or cannot. */
  chooseCheckpoint: (choice: Choice): Promise<TunedModel | null> =>
    db.transaction().execute(async (trx) => {
      const before = await findModel(trx, choice.job.fine_tuned_model);
      if (!before || !(await moveAdapter(trx, choice))) return null;
      await nameLast(trx, choice, before);
      await insertEvents(trx, choice.job.id, choice.events, choice.now);
      return before;
    }),
});
export type CheckpointStore = ReturnType<typeof createCheckpointStore>;
