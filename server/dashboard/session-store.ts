import type { Selectable } from "kysely";
import { type Database, onWrite } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import { createMemo } from "../platform/memo.ts";

export type SessionRow = Selectable<Tables["dashboard_sessions"]>;
export type LinkRow = Selectable<Tables["dashboard_links"]>;

/** What one key may have; the oldest goes. */
const MOST_SESSIONS = 100;
const MOST_LINKS = 100;

/** The session with its key, while that is live; a key of an archived project is dead. */
const liveSession = (db: Database, hash: string) =>
  db
    .selectFrom("dashboard_sessions as session")
    .innerJoin("api_keys as key", "key.id", "session.key_id")
    .innerJoin("organizations as organization", "organization.id", "key.organization_id")
    .leftJoin("projects as project", "project.id", "key.project_id")
    .select(["session.hash", "session.expires_at"])
    .select(["key.id", "key.project_id", "key.organization_id"])
    .select(["organization.slug", "organization.is_operator"])
    .where("session.hash", "=", hash)
    .where("key.revoked_at", "is", null)
    .where("project.archived_at", "is", null)
    .executeTakeFirst();

/** A page asks for much at once. */
function rememberedSessions(db: Database) {
  const memo = createMemo<NonNullable<Awaited<ReturnType<typeof liveSession>>>>({
    entries: 1000,
    ageMs: 1000,
  });
  onWrite(db, ["dashboard_sessions", "api_keys", "projects", "organizations"], memo.clear);
  return memo;
}

/** The key that a row is for, while it is live. */
const liveKey = (db: Database, keyId: string) =>
  db
    .selectFrom("api_keys as key")
    .innerJoin("organizations as organization", "organization.id", "key.organization_id")
    .leftJoin("projects as project", "project.id", "key.project_id")
    .select(["key.id", "key.project_id", "key.organization_id"])
    .select(["organization.slug", "organization.is_operator"])
    .where("key.id", "=", keyId)
    .where("key.revoked_at", "is", null)
    .where("project.archived_at", "is", null)
    .executeTakeFirst();

/** Keeps a row, and of its key's no more than so many. */
const keep = (db: Database, table: "dashboard_sessions" | "dashboard_links", row: SessionRow, most: number) =>
  db.transaction().execute(async (trx) => {
    await trx.insertInto(table).values(row).execute();
    const newest = trx.selectFrom(table).select("hash").where("key_id", "=", row.key_id);
    await trx
      .deleteFrom(table)
      .where("key_id", "=", row.key_id)
      .where("hash", "!=", row.hash)
      .where("hash", "not in", newest.orderBy("created_at", "desc").orderBy("hash").limit(most))
      .execute();
  });

export const createSessionStore = (db: Database, remembered = rememberedSessions(db)) => ({
  insertSession: (row: SessionRow) => keep(db, "dashboard_sessions", row, MOST_SESSIONS),
  insertLink: (row: LinkRow) => keep(db, "dashboard_links", row, MOST_LINKS),

  findSession: (hash: string) => remembered.get(hash, () => liveSession(db, hash)),

  deleteSession: (hash: string) => db.deleteFrom("dashboard_sessions").where("hash", "=", hash).execute(),

  /** All of a key's, and the links that would begin another. */
  deleteOfKey: (keyId: string) =>
    db.transaction().execute(async (trx) => {
      for (const table of ["dashboard_sessions", "dashboard_links"] as const)
        await trx.deleteFrom(table).where("key_id", "=", keyId).execute();
    }),

  /** The key of a link that is used up by this, as one statement: of two who try, one gets it. */
  async takeLink(hash: string, now: number) {
    const link = await db
      .deleteFrom("dashboard_links")
      .where("hash", "=", hash)
      .where("expires_at", ">", now)
      .returning("key_id")
      .executeTakeFirst();
    return link ? await liveKey(db, link.key_id) : undefined;
  },

  async deleteExpired(now: number): Promise<void> {
    await db.deleteFrom("dashboard_sessions").where("expires_at", "<=", now).execute();
    await db.deleteFrom("dashboard_links").where("expires_at", "<=", now).execute();
  },
});
export type SessionStore = ReturnType<typeof createSessionStore>;
