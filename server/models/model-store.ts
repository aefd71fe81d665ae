import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";

export type TunedModelRow = Tables["tuned_models"];

export const createModelStore = (db: Database) => ({
  findTuned: (projectId: string, id: string): Promise<TunedModelRow | undefined> =>
    db
      .selectFrom("tuned_models")
      .selectAll()
      .where("project_id", "=", projectId)
      .where("id", "=", id)
      .where("deleted_at", "is", null)
      .executeTakeFirst(),

  listTuned: (projectId: string) =>
    db
      .selectFrom("tuned_models")
      .selectAll()
      .where("project_id", "=", projectId)
      .where("deleted_at", "is", null)
      .orderBy("created_at", "desc")
      .orderBy("id")
      .execute(),

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
