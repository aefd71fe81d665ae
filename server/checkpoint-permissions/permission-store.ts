import type { Selectable } from "kysely";
import type { ListPermissions } from "../../contract/checkpoint-permissions.ts";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";

export type PermissionRow = Selectable<Tables["checkpoint_permissions"]>;
export type NewPermission = Omit<PermissionRow, "seq" | "deleted_at">;
type Page = ListPermissions & { readonly afterSeq: number | null };

export const createPermissionStore = (db: Database) => {
  const live = (model: string) =>
    db
      .selectFrom("checkpoint_permissions")
      .selectAll()
      .where("model", "=", model)
      .where("deleted_at", "is", null);

  return {
    /** A model of any project of the organization. */
    findModel: (organizationId: string, id: string) =>
      db
        .selectFrom("tuned_models")
        .select(["id", "project_id"])
        .where("organization_id", "=", organizationId)
        .where("id", "=", id)
        .where("deleted_at", "is", null)
        .executeTakeFirst(),

    /** All or none; a project that has a permission keeps the one that it has. */
    async insertPermissions(permissions: readonly NewPermission[]): Promise<void> {
      await db
        .insertInto("checkpoint_permissions")
        .values([...permissions])
        .onConflict((conflict) =>
          conflict.columns(["model", "project_id"]).where("deleted_at", "is", null).doNothing(),
        )
        .execute();
    },

    listForProjects: (model: string, projectIds: readonly string[]): Promise<PermissionRow[]> =>
      live(model)
        .where("project_id", "in", [...projectIds])
        .execute(),

    /** One row more than `limit`, so that the caller sees whether there are more. */
    listPermissions(model: string, { project_id, order, limit, afterSeq }: Page): Promise<PermissionRow[]> {
      const isAscending = order === "ascending";
      let rows = live(model);
      if (project_id !== undefined) rows = rows.where("project_id", "=", project_id);
      if (afterSeq !== null) rows = rows.where("seq", isAscending ? ">" : "<", afterSeq);
      return rows
        .orderBy("seq", isAscending ? "asc" : "desc")
        .limit(limit + 1)
        .execute();
    },

    /** The place of a permission in lists, also after its end. */
    findPlace: (model: string, id: string) =>
      db
        .selectFrom("checkpoint_permissions")
        .select("seq")
        .where("model", "=", model)
        .where("id", "=", id)
        .executeTakeFirst(),

    async deletePermission(model: string, id: string, now: number): Promise<boolean> {
      const { numUpdatedRows } = await db
        .updateTable("checkpoint_permissions")
        .set({ deleted_at: now })
        .where("model", "=", model)
        .where("id", "=", id)
        .where("deleted_at", "is", null)
        .executeTakeFirst();
      return numUpdatedRows === 1n;
    },
  };
};
export type PermissionStore = ReturnType<typeof createPermissionStore>;
