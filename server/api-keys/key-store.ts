import type { Selectable } from "kysely";
import { type Database, onWrite } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import { createMemo } from "../platform/memo.ts";

export type NewKey = Omit<Tables["api_keys"], "last_used_at" | "revoked_at">;

/** The live key of this hash with its organization; a key of an archived project is dead. */
const liveKey = (db: Database, hash: string) =>
  db
    .selectFrom("api_keys as key")
    .innerJoin("organizations as organization", "organization.id", "key.organization_id")
    .leftJoin("projects as project", "project.id", "key.project_id")
    .select(["key.id", "key.hash", "key.project_id", "key.organization_id"])
    .select(["organization.slug", "organization.is_operator"])
    .where("key.hash", "=", hash)
    .where("key.revoked_at", "is", null)
    .where("project.archived_at", "is", null)
    .executeTakeFirst();

/** Every request looks its key up. */
function rememberedKeys(db: Database) {
  const memo = createMemo<NonNullable<Awaited<ReturnType<typeof liveKey>>>>({ entries: 10_000, ageMs: 1000 });
  onWrite(db, ["api_keys", "projects", "organizations"], memo.clear);
  return memo;
}

export const createKeyStore = (db: Database, remembered = rememberedKeys(db)) => ({
  /** A hash that is known already, revoked ones included, stays as it is. */
  insertKey: (key: NewKey) =>
    db
      .insertInto("api_keys")
      .values(key)
      .onConflict((conflict) => conflict.column("hash").doNothing())
      .execute(),

  findByHash: (hash: string) => remembered.get(hash, () => liveKey(db, hash)),

  touchKey: (id: string, now: number) =>
    db.updateTable("api_keys").set({ last_used_at: now }).where("id", "=", id).execute(),

  listKeys: (projectId: string) =>
    db
      .selectFrom("api_keys")
      .selectAll()
      .where("project_id", "=", projectId)
      .where("revoked_at", "is", null)
      .orderBy("created_at", "desc")
      .orderBy("id")
      .execute(),

  findKey: (projectId: string, id: string) =>
    db
      .selectFrom("api_keys")
      .selectAll()
      .where("project_id", "=", projectId)
      .where("id", "=", id)
      .where("revoked_at", "is", null)
      .executeTakeFirst(),

  async revokeKey(projectId: string, id: string, now: number): Promise<boolean> {
    const { numUpdatedRows } = await db
      .updateTable("api_keys")
      .set({ revoked_at: now })
      .where("project_id", "=", projectId)
      .where("id", "=", id)
      .where("revoked_at", "is", null)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  },

  /** The organization that runs this server. */
  findOperator: () =>
    db.selectFrom("organizations").selectAll().where("is_operator", "=", 1).executeTakeFirst(),

  listOrganizations: (page: { limit: number; after: string | null }) =>
    db
      .selectFrom("organizations")
      .selectAll()
      .$if(page.after !== null, (rows) => rows.where("id", ">", page.after ?? ""))
      .orderBy("id")
      .limit(page.limit + 1)
      .execute(),

  findDefaultProject: (organizationId: string) =>
    db
      .selectFrom("projects")
      .selectAll()
      .where("organization_id", "=", organizationId)
      .where("is_default", "=", 1)
      .executeTakeFirst(),

  /** An organization and its default project, both or none; false: the name is taken. */
  insertOrganization: (organization: Selectable<Tables["organizations"]>, projectId: string) =>
    db.transaction().execute(async (trx) => {
      const { numInsertedOrUpdatedRows } = await trx
        .insertInto("organizations")
        .values(organization)
        .onConflict((conflict) => conflict.column("slug").doNothing())
        .executeTakeFirst();
      if (numInsertedOrUpdatedRows !== 1n) return false;
      await trx
        .insertInto("projects")
        .values({
          id: projectId,
          organization_id: organization.id,
          name: "Default project",
          is_default: 1,
          created_at: organization.created_at,
          archived_at: null,
        })
        .execute();
      return true;
    }),

  insertProject: (project: { id: string; organization_id: string; name: string; created_at: number }) =>
    db
      .insertInto("projects")
      .values({ ...project, is_default: 0, archived_at: null })
      .execute(),

  listProjects: (organizationId: string) =>
    db
      .selectFrom("projects")
      .selectAll()
      .where("organization_id", "=", organizationId)
      .orderBy("is_default", "desc")
      .orderBy("created_at")
      .orderBy("id")
      .execute(),

  findProject: (organizationId: string, id: string) =>
    db
      .selectFrom("projects")
      .selectAll()
      .where("organization_id", "=", organizationId)
      .where("id", "=", id)
      .executeTakeFirst(),

  async archiveProject(organizationId: string, id: string, now: number): Promise<boolean> {
    const { numUpdatedRows } = await db
      .updateTable("projects")
      .set({ archived_at: now })
      .where("organization_id", "=", organizationId)
      .where("id", "=", id)
      .where("is_default", "=", 0)
      .where("archived_at", "is", null)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  },
});
export type KeyStore = ReturnType<typeof createKeyStore>;
