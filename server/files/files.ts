import type { NamedPage } from "../../contract/common.ts";
import { Refusal } from "../../contract/errors.ts";
import {
  type FileObject,
  type FilePurpose,
  type ListFiles,
  FilePurpose as Purposes,
  UploadFields,
} from "../../contract/files.ts";
import type { Clock } from "../platform/clock.ts";
import { newFileId } from "../platform/ids.ts";
import { parse } from "../platform/validation.ts";
import type { FileBytes, Stored } from "./file-bytes.ts";
import type { FileRow, FileStore, NewFile } from "./file-store.ts";
import { findJsonlProblem } from "./jsonl.ts";
import type { Form } from "./upload.ts";

type Needs = { store: FileStore; bytes: FileBytes; now: Clock };

export const presentFile = (row: NewFile): FileObject => ({
  id: row.id,
  object: "file",
  bytes: row.bytes,
  created_at: row.created_at,
  ...(row.expires_at === null ? {} : { expires_at: row.expires_at }),
  filename: row.filename,
  purpose: Purposes.parse(row.purpose),
  status: "processed",
});

/** A name is shown, never used as a path: no folders, no control characters, a bounded length. */
const cleanName = (name: string) =>
  [...(name.split(/[\\/]/).at(-1) ?? "")]
    .filter((letter) => letter >= " " && letter !== "\u007f")
    .join("")
    .slice(0, 255) || "upload";

const noSuchFile = (id: string, param = "id") =>
  new Refusal("file_not_found", `No such File object: ${id}`, param);

export function createFiles({ store, bytes, now }: Needs) {
  async function getFile(projectId: string, id: string, param?: string): Promise<FileRow> {
    const row = await store.findFile(projectId, id, now());
    if (!row) throw noSuchFile(id, param);
    return row;
  }

  async function assertTrainable(name: string, stored: Stored): Promise<void> {
    if (!name.toLowerCase().endsWith(".jsonl")) {
      throw new Refusal(
        "invalid_file_format",
        "Invalid file format for Fine-Tuning API. Must be .jsonl",
        "file",
      );
    }
    await using handle = await bytes.openStored(stored);
    const problem = await findJsonlProblem(handle);
    if (problem) throw new Refusal("invalid_file_format", problem.message, "file");
  }

  async function keep(
    projectId: string,
    name: string,
    stored: Stored,
    more: { purpose: FilePurpose; expires: number | null },
  ) {
    const file: NewFile = {
      id: newFileId(),
      project_id: projectId,
      purpose: more.purpose,
      filename: cleanName(name),
      bytes: stored.bytes,
      sha256: stored.sha256,
      created_at: now(),
      expires_at: more.expires === null ? null : now() + more.expires,
    };
    await bytes.keep(stored, file.id);
    await store.insertFile(file);
    return presentFile(file);
  }

  /** Takes a form's file in, or refuses and leaves nothing behind. */
  async function upload(projectId: string, form: Form): Promise<FileObject> {
    if (!form.file)
      throw new Refusal("missing_required_parameter", "Missing required parameter: 'file'.", "file");
    const { name, stored } = form.file;
    try {
      const fields = parse(UploadFields, form.fields);
      const expires = fields["expires_after[seconds]"] ?? null;
      if ((expires === null) !== (fields["expires_after[anchor]"] === undefined)) {
        throw new Refusal(
          "invalid_request",
          "Give both expires_after[anchor] and expires_after[seconds].",
          "expires_after",
        );
      }
      if (stored.bytes === 0) throw new Refusal("invalid_file_format", "The file is empty.", "file");
      if (fields.purpose === "fine-tune") await assertTrainable(name, stored);
      return await keep(projectId, name, stored, { purpose: fields.purpose, expires });
    } finally {
      await bytes.discard(stored);
    }
  }

  async function list(projectId: string, page: ListFiles): Promise<NamedPage<FileObject>> {
    const after = page.after === undefined ? null : await store.findPlace(projectId, page.after);
    if (after === undefined) throw noSuchFile(page.after ?? "", "after");
    const rows = await store.listFiles(projectId, now(), page, after?.seq ?? null);
    const data = rows.slice(0, page.limit).map(presentFile);
    const ends = { first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
    return { object: "list", data, ...ends, has_more: rows.length > page.limit };
  }

  async function remove(projectId: string, id: string) {
    if (!(await store.deleteFile(projectId, id, now()))) throw noSuchFile(id);
    await bytes.remove(id);
    return { id, object: "file" as const, deleted: true };
  }

  return {
    upload,
    list,
    remove,
    getFile,
    get: async (projectId: string, id: string) => presentFile(await getFile(projectId, id)),
    async content(projectId: string, id: string) {
      const { filename, bytes: size } = await getFile(projectId, id);
      return { filename, size, stream: await bytes.read(id) };
    },
    /** Gives a file's bytes to a job under a name of its own: deleting the file does not hurt the job. */
    share: (id: string, path: string) => bytes.share(id, path),
    /** A file that the server itself makes, such as a job's metrics. */
    keep,
    receive: bytes.receive,
    /** Removes files whose time has passed. */
    async expire(): Promise<void> {
      for (const { id } of await store.takeExpired(now())) await bytes.remove(id);
    },
    /** At start: bytes that no row names. */
    async sweep(): Promise<void> {
      const known = await store.listIds();
      await bytes.sweep((id) => known.has(id));
    },
  };
}
export type Files = ReturnType<typeof createFiles>;
