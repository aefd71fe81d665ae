import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { Refusal } from "../../contract/errors.ts";
import { type FileObject, UploadPurpose } from "../../contract/files.ts";
import {
  type CompleteUpload,
  type CreateUpload,
  MAX_PENDING_UPLOADS,
  type UploadObject,
  type UploadPart,
} from "../../contract/uploads.ts";
import type { FileBytes, Stored } from "../files/file-bytes.ts";
import { assertName, cleanName, type Files } from "../files/files.ts";
import type { Clock } from "../platform/clock.ts";
import { newPartId, newUploadId } from "../platform/ids.ts";
import { createTurns } from "../platform/turns.ts";
import { joinParts } from "./join-parts.ts";
import {
  assertParts,
  assertPending,
  isCompletedBy,
  newUpload,
  presentPart,
  presentUpload,
  type UploadRow,
} from "./upload.ts";
import type { UploadStore } from "./upload-store.ts";

type Needs = {
  store: UploadStore;
  /** Of parts, each under its id. */
  bytes: FileBytes;
  files: Pick<Files, "assertContent" | "place" | "find" | "receive" | "discard">;
  now: Clock;
};

const tooMany = new Refusal(
  "too_many_uploads",
  `${MAX_PENDING_UPLOADS} uploads of this project are pending already, and no more may. Complete or cancel one, or wait: each ends an hour after it was created.`,
);

export function createUploads({ store, bytes, files, now }: Needs) {
  const inTurn = createTurns();
  /** What is being put together; aborting it ends that. */
  const completing = new Map<string, AbortController>();

  async function getUpload(projectId: string, id: string): Promise<UploadRow> {
    const upload = await store.findUpload(projectId, id);
    if (!upload) throw new Refusal("upload_not_found", `No such Upload object: ${id}`, "upload_id");
    return upload;
  }

  async function getPending(projectId: string, id: string): Promise<UploadRow> {
    const upload = await getUpload(projectId, id);
    assertPending(upload, now());
    return upload;
  }

  async function create(projectId: string, request: CreateUpload): Promise<UploadObject> {
    const filename = cleanName(request.filename);
    assertName(filename, request.purpose, "filename");
    const upload = newUpload(request, { id: newUploadId(), projectId, filename, now: now() });
    if (!(await store.insertUpload(upload))) throw tooMany;
    return presentUpload(upload, now(), null);
  }

  async function keepPart(upload: UploadRow, stored: Stored): Promise<UploadPart> {
    if (stored.bytes === 0) throw new Refusal("invalid_value", "The part is empty.", "data");
    const part = { id: newPartId(), upload_id: upload.id, bytes: stored.bytes, created_at: now() };
    if (await bytes.keep(stored, part.id, () => store.insertPart(part, now()))) return presentPart(part);
    await getPending(upload.project_id, upload.id);
    const text = `Upload ${upload.id} holds as many parts as it may: complete it with those that belong to the file, or cancel it.`;
    throw new Refusal("invalid_request", text, "data");
  }

  /** `receive` reads the part, once it is known that somebody wants it. */
  async function addPart(projectId: string, id: string, receive: () => Promise<Stored>): Promise<UploadPart> {
    const upload = await getPending(projectId, id);
    const stored = await receive();
    try {
      return await keepPart(upload, stored);
    } finally {
      await bytes.discard(stored);
    }
  }

  /** Once nobody reads them any more. */
  async function dropParts(id: string): Promise<void> {
    for (const partId of await store.takeParts(id)) await bytes.remove(partId);
  }

  /** The parts as one file; null: the upload ended in another way meanwhile. */
  async function buildFile(upload: UploadRow, request: CompleteUpload, signal: AbortSignal) {
    assertParts(upload, await store.listParts(upload.id), request.part_ids);
    const md5 = createHash("md5");
    const source = Readable.from(joinParts(request.part_ids, bytes, md5));
    const stored = await files.receive(source, signal);
    try {
      const found = md5.digest("hex");
      if (request.md5 && request.md5.toLowerCase() !== found) {
        throw new Refusal("invalid_value", `The MD5 of the parts in this order is ${found}.`, "md5");
      }
      const { project_id: projectId, filename: name, file_seconds: expires } = upload;
      const incoming = { projectId, name, stored, purpose: UploadPurpose.parse(upload.purpose), expires };
      await files.assertContent(incoming, "part_ids", signal);
      signal.throwIfAborted();
      const completion = { partIds: request.part_ids, md5: found };
      return await files.place(incoming, (file) => store.complete(upload.id, file, completion));
    } finally {
      await files.discard(stored);
    }
  }

  async function finish(upload: UploadRow, request: CompleteUpload): Promise<FileObject> {
    const ending = new AbortController();
    completing.set(upload.id, ending);
    try {
      assertPending(await getUpload(upload.project_id, upload.id), now());
      const file = await buildFile(upload, request, ending.signal);
      if (file) return file;
    } catch (error) {
      if (!ending.signal.aborted) throw error;
    } finally {
      completing.delete(upload.id);
    }
    await getPending(upload.project_id, upload.id);
    throw new Refusal("server_stopping", "The server is stopping. Complete the upload again.", null, 5);
  }

  /** One at a time for each upload: whoever comes second finds it completed. */
  const complete = (projectId: string, id: string, request: CompleteUpload): Promise<UploadObject> =>
    inTurn(id, async () => {
      const upload = await getUpload(projectId, id);
      if (isCompletedBy(upload, request)) {
        return presentUpload(upload, now(), await files.find(projectId, upload.file_id ?? ""));
      }
      assertPending(upload, now());
      const file = await finish(upload, request);
      await dropParts(id);
      return presentUpload(await getUpload(projectId, id), now(), file);
    });

  async function cancel(projectId: string, id: string): Promise<UploadObject> {
    if (await store.cancel(projectId, id, now())) {
      completing.get(id)?.abort();
      await inTurn(id, () => dropParts(id));
    }
    const upload = await getUpload(projectId, id);
    if (upload.status !== "cancelled") assertPending(upload, now());
    return presentUpload(upload, now(), null);
  }

  /** Ends uploads whose hour has passed. */
  async function expire(): Promise<void> {
    const busy = [...completing.keys()];
    for (const id of await store.takeExpired(now(), busy)) await inTurn(id, () => dropParts(id));
  }

  return {
    create,
    addPart,
    complete,
    cancel,
    expire,
    /** At start: what a crash left. */
    async sweep(): Promise<void> {
      await expire();
      const known = await store.sweepParts();
      await bytes.sweep((id) => known.has(id));
    },
    async [Symbol.asyncDispose](): Promise<void> {
      const ids = [...completing.keys()];
      for (const controller of completing.values()) controller.abort();
      await Promise.all(ids.map((id) => inTurn(id, async () => {})));
    },
  };
}
export type Uploads = ReturnType<typeof createUploads>;
