import { MAX_PART_BYTES, MAX_PARTS, MAX_PENDING_UPLOADS } from "../../contract/uploads.ts";
import type { Database } from "../database/database.ts";
import { createFileStore, type NewFile } from "../files/file-store.ts";
import type { PartRow, UploadRow } from "./upload.ts";

type Completion = { readonly partIds: readonly string[]; readonly md5: string };

const UPLOAD_COLUMNS = [
  "id",
  "project_id",
  "purpose",
  "filename",
  "bytes",
  "created_at",
  "expires_at",
  "file_seconds",
  "status",
  "part_ids",
  "md5",
  "file_id",
] as const;

export const createUploadStore = (db: Database) => ({
  /** False: the project has as many pending uploads as it may. */
  async insertUpload(upload: UploadRow): Promise<boolean> {
    const { numInsertedOrUpdatedRows } = await db
      .insertInto("uploads")
      .columns(UPLOAD_COLUMNS)
      .expression(
        db
          .selectNoFrom((is) => UPLOAD_COLUMNS.map((name) => is.val(upload[name]).as(name)))
          .where(
            (is) =>
              is
                .selectFrom("uploads")
                .select(is.fn.countAll<number>().as("pending"))
                .where("project_id", "=", upload.project_id)
                .where("status", "=", "pending")
                .where("expires_at", ">", upload.created_at),
            "<",
            MAX_PENDING_UPLOADS,
          ),
      )
      .executeTakeFirst();
    return numInsertedOrUpdatedRows === 1n;
  },

  findUpload: (projectId: string, id: string) =>
    db
      .selectFrom("uploads")
      .selectAll()
      .where("project_id", "=", projectId)
      .where("id", "=", id)
      .executeTakeFirst(),

  listParts: (uploadId: string) =>
    db.selectFrom("upload_parts").selectAll().where("upload_id", "=", uploadId).execute(),

  /** Adds a part while the upload is pending and has room: for its bytes twice over, since parts are sent again. */
  async insertPart(part: PartRow, now: number): Promise<boolean> {
    const { numInsertedOrUpdatedRows } = await db
      .insertInto("upload_parts")
      .columns(["id", "upload_id", "bytes", "created_at"])
      .expression((from) =>
        from
          .selectFrom("uploads")
          .leftJoin("upload_parts", "upload_parts.upload_id", "uploads.id")
          .select((is) => [
            is.val(part.id).as("id"),
            "uploads.id as upload_id",
            is.val(part.bytes).as("bytes"),
            is.val(part.created_at).as("created_at"),
          ])
          .where("uploads.id", "=", part.upload_id)
          .where("uploads.status", "=", "pending")
          .where("uploads.expires_at", ">", now)
          .groupBy("uploads.id")
          .having((is) => is(is.fn.count("upload_parts.id"), "<", MAX_PARTS))
          .having((is) =>
            is(
              is(is.fn.coalesce(is.fn.sum("upload_parts.bytes"), is.lit(0)), "+", part.bytes),
              "<=",
              is(is("uploads.bytes", "*", is.lit(2)), "+", is.lit(MAX_PART_BYTES)),
            ),
          ),
      )
      .executeTakeFirst();
    return numInsertedOrUpdatedRows === 1n;
  },

  /** The upload's end and its file's row, both or neither; false: it is not pending any more. */
  complete: (uploadId: string, file: NewFile, { partIds, md5 }: Completion) =>
    db.transaction().execute(async (trx) => {
      const { numUpdatedRows } = await trx
        .updateTable("uploads")
        .set({ status: "completed", part_ids: JSON.stringify(partIds), md5, file_id: file.id })
        .where("id", "=", uploadId)
        .where("status", "=", "pending")
        .executeTakeFirst();
      if (numUpdatedRows !== 1n) return false;
      await createFileStore(trx).insertFile(file);
      return true;
    }),

  async cancel(projectId: string, id: string, now: number): Promise<boolean> {
    const { numUpdatedRows } = await db
      .updateTable("uploads")
      .set({ status: "cancelled" })
      .where("project_id", "=", projectId)
      .where("id", "=", id)
      .where("status", "=", "pending")
      .where("expires_at", ">", now)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  },

  /** Ends those whose hour has passed, but for the ones that are being completed. */
  async takeExpired(now: number, busy: readonly string[]): Promise<string[]> {
    let rows = db
      .updateTable("uploads")
      .set({ status: "expired" })
      .where("status", "=", "pending")
      .where("expires_at", "<=", now);
    if (busy.length > 0) rows = rows.where("id", "not in", [...busy]);
    return (await rows.returning("id").execute()).map(({ id }) => id);
  },

  /** Forgets the parts of an upload that has ended; their ids, so that the bytes can go too. */
  async takeParts(uploadId: string): Promise<string[]> {
    const rows = await db
      .deleteFrom("upload_parts")
      .where("upload_id", "=", uploadId)
      .where("upload_id", "in", (from) =>
        from.selectFrom("uploads").select("id").where("status", "!=", "pending"),
      )
      .returning("id")
      .execute();
    return rows.map(({ id }) => id);
  },

  /** Forgets the parts that a crash left to uploads that had ended; the ids of all others. */
  async sweepParts(): Promise<Set<string>> {
    await db
      .deleteFrom("upload_parts")
      .where("upload_id", "in", (from) =>
        from.selectFrom("uploads").select("id").where("status", "!=", "pending"),
      )
      .execute();
    const rows = await db.selectFrom("upload_parts").select("id").execute();
    return new Set(rows.map(({ id }) => id));
  },
});
export type UploadStore = ReturnType<typeof createUploadStore>;
