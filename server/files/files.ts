import type { NamedPage } from "../../contract/common.ts";
import { Refusal } from "../../contract/errors.ts";
import {
  type ContentEncoding,
  FINE_TUNE_NAME,
  type FileObject,
  type FilePurpose,
  type ListFiles,
  FilePurpose as Purposes,
  UploadFields,
} from "../../contract/files.ts";
import { findJsonlProblem } from "../../training-data/read-jsonl.ts";
import type { Clock } from "../platform/clock.ts";
import { isMissing } from "../platform/disk.ts";
import { newFileId } from "../platform/ids.ts";
import { parse } from "../platform/validation.ts";
import { base64Length, toBase64 } from "./base64.ts";
import type { FileBytes, Stored } from "./file-bytes.ts";
import type { FileRow, FileStore, NewFile } from "./file-store.ts";
import type { Form } from "./receive-form.ts";

type Needs = {
  store: FileStore;
  bytes: FileBytes;
  now: Clock;
  /** How results are sent to those who do not say how they want them. */
  resultEncoding?: ContentEncoding;
};

/** Bytes that are to become a file. `expires`: seconds from now; null: never. */
export type Incoming = {
  readonly projectId: string;
  readonly name: string;
  readonly stored: Stored;
  readonly purpose: FilePurpose;
  readonly expires: number | null;
};

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
export const cleanName = (name: string) =>
  [...(name.split(/[\\/]/).at(-1) ?? "")]
    .filter((letter) => letter >= " " && letter !== "\u007f")
    // Letters, not halves of them: a name cut inside one is no text.
    .slice(0, 255)
    .join("") || "upload";

/** `param`: where the caller named the file. */
export function assertName(name: string, purpose: FilePurpose, param: string): void {
  if (purpose !== "fine-tune" || FINE_TUNE_NAME.test(name)) return;
  const text = "Invalid file format for Fine-Tuning API. Must be .jsonl";
  throw new Refusal("invalid_file_format", text, param);
}

export const noSuchFile = (id: string, param = "id") =>
  new Refusal("file_not_found", `No such File object: ${id}`, param);

/** As OpenAI tells it of a file that a job names. */
export const noSuchJobFile = (id: string, param: string) =>
  new Refusal("invalid_request", `invalid ${param}: ${id}. There is no such file in this project.`, param);

export function createFiles({ store, bytes, now, resultEncoding = "plain" }: Needs) {
  async function getFile(projectId: string, id: string, param?: string): Promise<FileRow> {
    const row = await store.findFile(projectId, id, now());
    if (!row) throw noSuchFile(id, param);
    return row;
  }

  /** Refuses bytes that no file of this purpose may hold; `param`: where the caller sent them. */
  async function assertContent({ purpose, stored }: Incoming, param: string, signal?: AbortSignal) {
    if (stored.bytes === 0) throw new Refusal("invalid_file_format", "The file is empty.", param);
    if (purpose !== "fine-tune") return;
    await using handle = await bytes.openStored(stored);
    const problem = await findJsonlProblem(handle, signal);
    if (problem) throw new Refusal("invalid_file_format", problem.message, param);
  }

  /** Makes a file of bytes whose row `insert` writes, perhaps with rows of its own; null: it would not. */
  async function place(
    { projectId, name, stored, purpose, expires }: Incoming,
    insert: (file: NewFile) => Promise<boolean>,
  ): Promise<FileObject | null> {
    const file: NewFile = {
      id: newFileId(),
      project_id: projectId,
      purpose,
      filename: cleanName(name),
      bytes: stored.bytes,
      sha256: stored.sha256,
      created_at: now(),
      expires_at: expires === null ? null : now() + expires,
    };
    const isKept = await bytes.keep(stored, file.id, () => insert(file));
    return isKept ? presentFile(file) : null;
  }

  async function keep(
    projectId: string,
    name: string,
    stored: Stored,
    more: { purpose: FilePurpose; expires: number | null },
  ): Promise<FileObject> {
    const kept = await place({ projectId, name, stored, ...more }, async (file) => {
      await store.insertFile(file);
      return true;
    });
    if (!kept) throw new Error("A file whose row was written is not there.");
    return kept;
  }

  /** Takes a form's file in, or refuses and leaves nothing behind. */
  async function upload(projectId: string, form: Form): Promise<FileObject> {
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
      const incoming = { projectId, name, stored, purpose: fields.purpose, expires };
      assertName(name, fields.purpose, "file");
      await assertContent(incoming, "file");
      return await keep(projectId, name, stored, incoming);
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

  async function content(projectId: string, id: string, asked?: ContentEncoding) {
    const { filename, bytes: size, purpose } = await getFile(projectId, id);
    const stream = await bytes.find(id);
    if (!stream) throw noSuchFile(id);
    const encoding = asked ?? (purpose === "fine-tune-results" ? resultEncoding : "plain");
    if (encoding === "plain") return { filename, size, stream };
    return { filename, size: base64Length(size), stream: toBase64(stream) };
  }

  /** Gives a file's bytes to a job under a name of its own: deleting the file does not hurt the job. */
  async function share(id: string, path: string, param: string): Promise<void> {
    try {
      await bytes.share(id, path);
    } catch (error) {
      throw isMissing(error) ? noSuchJobFile(id, param) : error;
    }
  }

  return {
    upload,
    list,
    remove,
    content,
    getFile,
    assertContent,
    place,
    async find(projectId: string, id: string): Promise<FileObject | null> {
      const row = await store.findFile(projectId, id, now());
      return row ? presentFile(row) : null;
    },
    get: async (projectId: string, id: string) => presentFile(await getFile(projectId, id)),
    pathOf: bytes.pathOf,
    share,
    /** A file that the server itself makes, such as a job's metrics. */
    keep,
    receive: bytes.receive,
    discard: bytes.discard,
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
