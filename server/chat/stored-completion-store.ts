import { type Selectable, sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";

export type StoredRow = Selectable<Tables["stored_completions"]>;

type Page = {
  readonly model: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly afterSeq: number | null;
  readonly limit: number;
  readonly order: "asc" | "desc";
};

export const createStoredCompletionStore = (db: Database) => ({
  async insert(row: Omit<StoredRow, "seq">): Promise<void> {
    await db.insertInto("stored_completions").values(row).execute();
  },

  find: (projectId: string, id: string): Promise<StoredRow | undefined> =>
    db
      .selectFrom("stored_completions")
      .selectAll()
      .where("project_id", "=", projectId)
      .where("id", "=", id)
      .executeTakeFirst(),

  /** One row more than `limit`, so that the caller sees whether there are more. */
  list(projectId: string, { model, metadata, afterSeq, limit, order }: Page): Promise<StoredRow[]> {
    let rows = db.selectFrom("stored_completions").selectAll().where("project_id", "=", projectId);
    if (model !== undefined) rows = rows.where("model", "=", model);
    if (afterSeq !== null) rows = rows.where("seq", order === "asc" ? ">" : "<", afterSeq);
    for (const [key, value] of Object.entries(metadata)) {
      rows = rows.where(
        sql<boolean>`exists (select 1 from json_each(stored_completions.metadata) where key = ${key} and value = ${value})`,
      );
    }
    return rows
      .orderBy("seq", order)
      .limit(limit + 1)
      .execute();
  },

  update: (projectId: string, id: string, metadata: string): Promise<StoredRow | undefined> =>
    db
      .updateTable("stored_completions")
      .set({ metadata })
      .where("project_id", "=", projectId)
      .where("id", "=", id)
      .returningAll()
      .executeTakeFirst(),

  async remove(projectId: string, id: string): Promise<boolean> {
    const { numDeletedRows } = await db
      .deleteFrom("stored_completions")
      .where("project_id", "=", projectId)
      .where("id", "=", id)
      .executeTakeFirst();
    return numDeletedRows === 1n;
  },
});
export type StoredCompletionStore = ReturnType<typeof createStoredCompletionStore>;
