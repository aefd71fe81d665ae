import { z } from "zod";
import { FileObject, UploadPurpose } from "./files.ts";

/** OpenAI's limits for an upload in parts. */
export const MAX_UPLOAD_BYTES = 8 * 1024 ** 3;
export const MAX_PART_BYTES = 64 * 1024 ** 2;
export const UPLOAD_SECONDS = 3600;

/** More than 8 GB in parts of a megabyte; a caller of smaller ones would fill the folder with names. */
export const MAX_PARTS = 10_000;

/** Of one project at a time, each with its parts on the server's disk. */
export const MAX_PENDING_UPLOADS = 100;

/** `CreateUploadRequest`; like the SDKs, and unlike OpenAI's document, it takes every purpose that files have. */
export const CreateUpload = z.strictObject({
  filename: z.string().min(1).max(1024),
  purpose: UploadPurpose,
  bytes: z
    .int()
    .min(1, "the file is empty")
    .max(MAX_UPLOAD_BYTES, "an upload holds at most 8 GB; split the file, or leave rows out"),
  mime_type: z.string().min(1).max(255),
  expires_after: z
    .strictObject({ anchor: z.literal("created_at"), seconds: z.int().min(3600).max(2_592_000) })
    .nullish(),
});
export type CreateUpload = z.infer<typeof CreateUpload>;

export const CompleteUpload = z.strictObject({
  part_ids: z.array(z.string()).min(1).max(MAX_PARTS),
  md5: z
    .string()
    .regex(/^[0-9a-fA-F]{32}$/, "expected 32 hexadecimal digits")
    .nullish(),
});
export type CompleteUpload = z.infer<typeof CompleteUpload>;

export const UploadStatus = z.enum(["pending", "completed", "cancelled", "expired"]);
export type UploadStatus = z.infer<typeof UploadStatus>;

/** OpenAI's `Upload`; `file` is there once it is completed, unless that file was deleted since. */
export const UploadObject = z.object({
  id: z.string(),
  object: z.literal("upload"),
  created_at: z.int(),
  filename: z.string(),
  bytes: z.int(),
  purpose: UploadPurpose,
  status: UploadStatus,
  expires_at: z.int(),
  file: FileObject.optional(),
});
export type UploadObject = z.infer<typeof UploadObject>;

export const UploadPart = z.object({
  id: z.string(),
  object: z.literal("upload.part"),
  created_at: z.int(),
  upload_id: z.string(),
});
export type UploadPart = z.infer<typeof UploadPart>;
