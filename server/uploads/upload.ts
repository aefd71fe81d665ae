import type { Selectable } from "kysely";
import { Refusal } from "../../contract/errors.ts";
import { type FileObject, UploadPurpose } from "../../contract/files.ts";
import {
  type CompleteUpload,
  type CreateUpload,
  UPLOAD_SECONDS,
  type UploadObject,
  type UploadPart,
  type UploadStatus,
} from "../../contract/uploads.ts";
import type { Tables } from "../database/tables.ts";

export type UploadRow = Selectable<Tables["uploads"]>;
export type PartRow = Selectable<Tables["upload_parts"]>;

type Born = {
  readonly id: string;
  readonly projectId: string;
  readonly filename: string;
  readonly now: number;
};

export const newUpload = (request: CreateUpload, { id, projectId, filename, now }: Born): UploadRow => ({
  id,
  project_id: projectId,
  purpose: request.purpose,
  filename,
  bytes: request.bytes,
  created_at: now,
  expires_at: now + UPLOAD_SECONDS,
  file_seconds: request.expires_after?.seconds ?? null,
  status: "pending",
  part_ids: null,
  md5: null,
  file_id: null,
});

/** A pending upload ends with its hour, also before it is swept. */
export const statusAt = ({ status, expires_at }: UploadRow, now: number): UploadStatus =>
  status === "pending" && expires_at <= now ? "expired" : status;

export const presentUpload = (upload: UploadRow, now: number, file: FileObject | null): UploadObject => ({
  id: upload.id,
  object: "upload",
  created_at: upload.created_at,
  filename: upload.filename,
  bytes: upload.bytes,
  purpose: UploadPurpose.parse(upload.purpose),
  status: statusAt(upload, now),
  expires_at: upload.expires_at,
  ...(file === null ? {} : { file }),
});

export const presentPart = ({ id, created_at, upload_id }: PartRow): UploadPart => ({
  id,
  object: "upload.part",
  created_at,
  upload_id,
});

const ended = {
  completed: "is completed: its file is there, and it takes no more parts.",
  cancelled: "is cancelled. Create a new one.",
  expired: "expired an hour after it was created, and its parts are gone. Create a new one.",
} as const;

export function assertPending(upload: UploadRow, now: number): void {
  const status = statusAt(upload, now);
  if (status === "pending") return;
  throw new Refusal("invalid_request", `Upload ${upload.id} ${ended[status]}`, "upload_id");
}

/** SDKs ask again when an answer is lost: the same completion has the same answer. */
export const isCompletedBy = (upload: UploadRow, { part_ids, md5 }: CompleteUpload): boolean =>
  upload.status === "completed" &&
  upload.part_ids === JSON.stringify(part_ids) &&
  (md5 ?? upload.md5)?.toLowerCase() === upload.md5;

/** Refuses parts that are not this upload's, that come twice, or that do not add up. */
export function assertParts(upload: UploadRow, parts: readonly PartRow[], partIds: readonly string[]): void {
  const sizes = new Map(parts.map(({ id, bytes }) => [id, bytes]));
  const seen = new Set<string>();
  let total = 0;
  for (const [index, id] of partIds.entries()) {
    const param = `part_ids[${index}]`;
    const bytes = sizes.get(id);
    if (bytes === undefined)
      throw new Refusal("invalid_value", `Upload ${upload.id} has no part ${id}.`, param);
    if (seen.has(id)) throw new Refusal("invalid_value", `Part ${id} is named twice.`, param);
    seen.add(id);
    total += bytes;
  }
  if (total === upload.bytes) return;
  const text = `The parts hold ${total} bytes together, but the upload was created for ${upload.bytes}. Name every part once, or create a new upload.`;
  throw new Refusal("invalid_value", text, "part_ids");
}
