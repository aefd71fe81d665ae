import type { ExpressionBuilder, Selectable } from "kysely";
import type { ListFiles } from "../../contract/files.ts";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";

export type FileRow = Selectable<Tables["files"]>;
export type NewFile = Omit<FileRow, "seq" | "deleted_at">;

/** A file ends with its time, also before it is swept. */
const isInTime = (now: number) => (where: ExpressionBuilder<Tables, "files">) =>
  where.or([where("expires_at", "is", null), where("expires_at", ">", now)]);

export const createFileStore = (db: Database) => {
  const alive = (projectId: string, now: number) =>
    db
      .selectFrom("files")
      .selectAll()
      .where("project_id", "=", projectId)
      .where("deleted_at", "is", null)
      .where(isInTime(now));

  return {
    insertFile: (file: NewFile) => db.insertInto("files").values(file).execute(),

    findFile: (projectId: string, id: string, now: number) =>
      alive(projectId, now).where("id", "=", id).executeTakeFirst(),

    /** One row more than `limit`, so that the caller sees whether there are more. */
    listFiles(projectId: string, now: number, page: ListFiles, afterSeq: number | null): Promise<FileRow[]> {
      let rows = alive(projectId, now);
      if (page.purpose) rows = rows.where("purpose", "=", page.purpose);
      if (afterSeq !== null) rows = rows.where("seq", page.order === "asc" ? ">" : "<", afterSeq);
      return rows
        .orderBy("seq", page.order)
        .limit(page.limit + 1)
        .execute();
    },

    /** The place of a file in lists, also after its end: a caller may delete while reading page by page. */
    findPlace: (projectId: string, id: string) =>
      db
        .selectFrom("files")
        .select("seq")
        .where("project_id", "=", projectId)
        .where("id", "=", id)
        .executeTakeFirst(),

    async deleteFile(projectId: string, id: string, now: number): Promise<boolean> {
      const { numUpdatedRows } = await db
        .updateTable("files")
        .set({ deleted_at: now })
        .where("project_id", "=", projectId)
        .where("id", "=", id)
        .where("deleted_at", "is", null)
        .where(isInTime(now))
        .executeTakeFirst();
      return numUpdatedRows === 1n;
    },

    /** Files whose time has passed, ended and returned, so that their bytes can go too. */
    takeExpired: (now: number) =>
      db
        .updateTable("files")
        .set({ deleted_at: now })
        .where("expires_at", "<=", now)
        .where("deleted_at", "is", null)
        .returning("id")
        .execute(),

    async listIds(): Promise<Set<string>> {
      const rows = await db.selectFrom("files").select("id").where("deleted_at", "is", null).execute();
      return new Set(rows.map(({ id }) => id));
    },
  };
};
export type FileStore = ReturnType<typeof createFileStore>;
