import { z } from "zod";
import { limitTo } from "./common.ts";

/** What a caller may upload a file for (OpenAI, `POST /files`). */
export const UploadPurpose = z.enum(["assistants", "batch", "fine-tune", "vision", "user_data", "evals"]);
export type UploadPurpose = z.infer<typeof UploadPurpose>;

export const FilePurpose = z.enum([...UploadPurpose.options, "fine-tune-results", "batch_output"]);
export type FilePurpose = z.infer<typeof FilePurpose>;

/** OpenAI's limit for one file. */
export const MAX_FILE_BYTES = 512 * 1024 * 1024;

/** A fine-tuning file's name; old versions of OpenAI's package for Python send none, and call every file "file". */
export const FINE_TUNE_NAME = /^[^.]*$|\.jsonl$/i;

/** The fields of the multipart form beside `file`. */
export const UploadFields = z.strictObject({
  purpose: UploadPurpose,
  "expires_after[anchor]": z.literal("created_at").optional(),
  "expires_after[seconds]": z
    .string()
    .regex(/^\d{1,15}$/, "expected an integer of at most 15 digits")
    .transform(Number)
    .pipe(z.int().min(3600).max(2_592_000))
    .optional(),
});
export type UploadFields = z.infer<typeof UploadFields>;

export const FileObject = z.object({
  id: z.string(),
  object: z.literal("file"),
  bytes: z.int(),
  created_at: z.int(),
  expires_at: z.int().optional(),
  filename: z.string(),
  purpose: FilePurpose,
  status: z.enum(["uploaded", "processed", "error"]),
});
export type FileObject = z.infer<typeof FileObject>;

/** How a file's content is sent: as it is, or as base64 text, which is how OpenAI sends result files. */
export const ContentEncoding = z.enum(["plain", "base64"]);
export type ContentEncoding = z.infer<typeof ContentEncoding>;
export const ReadContent = z.object({ encoding: ContentEncoding.optional() });

export const ListFiles = z.object({
  purpose: z.string().optional(),
  limit: limitTo(10_000, 10_000),
  order: z.enum(["asc", "desc"]).default("desc"),
  after: z.string().optional(),
});
export type ListFiles = z.infer<typeof ListFiles>;
