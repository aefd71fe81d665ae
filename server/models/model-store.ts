import { type Database, onWrite } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import { createMemo } from "../platform/memo.ts";

export type TunedModelRow = Tables["tuned_models"];

/** The live models that a project owns or was given a permission for. */
const usable = (db: Database, projectId: string) =>
  db
    .selectFrom("tuned_models")
    .selectAll()
    .where("deleted_at", "is", null)
    .where((where) =>
      where.or([
        where("project_id", "=", projectId),
        where("id", "in", (from) =>
          from
            .selectFrom("checkpoint_permissions")
            .select("model")
            .where("project_id", "=", projectId)
            .where("deleted_at", "is", null),
        ),
      ]),
    );

/** Every request looks its model up. */
function rememberedModels(db: Database) {
  const memo = createMemo<TunedModelRow>({ entries: 10_000, ageMs: 1000 });
  onWrite(db, ["tuned_models", "checkpoint_permissions"], memo.clear);
  return memo;
}

export const createModelStore = (db: Database, remembered = rememberedModels(db)) => ({
  findTuned: (projectId: string, id: string): Promise<TunedModelRow | undefined> =>
    remembered.get(`${projectId} ${id}`, () => usable(db, projectId).where("id", "=", id).executeTakeFirst()),

  listTuned: (projectId: string) =>
    usable(db, projectId).orderBy("created_at", "desc").orderBy("id").execute(),

  async deleteTuned(projectId: string, id: string, now: number): Promise<TunedModelRow | undefined> {
    return await db
      .updateTable("tuned_models")
      .set({ deleted_at: now })
      .where("project_id", "=", projectId)
      .where("id", "=", id)
      .where("deleted_at", "is", null)
      .returningAll()
      .executeTakeFirst();
  },

  /** Whether a live model answers with it: a job's model and one of its checkpoints may have the same. */
  async isServed(adapter: string): Promise<boolean> {
    const served = db.selectFrom("tuned_models").select("id").where("adapter", "=", adapter);
    return (await served.where("deleted_at", "is", null).executeTakeFirst()) !== undefined;
  },

  /** Adapters that a live model still answers with, or that an open job continues from. */
  async listAdaptersInUse(): Promise<Set<string>> {
    const live = await db
      .selectFrom("tuned_models")
      .select("adapter")
      .where("deleted_at", "is", null)
      .execute();
    const parents = await db
      .selectFrom("jobs")
      .select("parent_adapter")
      .where("status", "in", ["validating_files", "queued", "running"])
      .execute();
    return new Set([
      ...live.map(({ adapter }) => adapter),
      ...parents.map(({ parent_adapter }) => parent_adapter ?? ""),
    ]);
  },
});
export type ModelStore = ReturnType<typeof createModelStore>;
