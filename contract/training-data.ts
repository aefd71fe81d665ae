import { z } from "zod";
import { limitTo } from "./common.ts";
import { JobError } from "./fine-tuning.ts";
import { Method } from "./training.ts";

/** What the rows of a training file are. */
export const DataFormat = z.enum(["chat", "completion", "preference"]);
export type DataFormat = z.infer<typeof DataFormat>;

/** What stops a job. `line` null: it is about the file as a whole. */
export const DataProblem = z.object({
  line: z.int().nullable(),
  /** The place in the row, such as `messages[1].role`. */
  param: z.string().nullable(),
  code: z.string(),
  /** In OpenAI's words where they are known. */
  message: z.string(),
  /** What to do. */
  fix: z.string(),
});
export type DataProblem = z.infer<typeof DataProblem>;

/** All problems of one kind, also those beyond the listed ones. `lines`: `3, 7-12, 40`. */
export const DataProblemGroup = z.object({
  code: z.string(),
  count: z.int(),
  lines: z.string(),
  fix: z.string(),
});
export type DataProblemGroup = z.infer<typeof DataProblemGroup>;

/** What is probably not meant, and stops nothing. */
export const DataWarning = z.object({
  code: z.string(),
  message: z.string(),
  count: z.int(),
  lines: z.string(),
});
export type DataWarning = z.infer<typeof DataWarning>;

export const FileReport = z.object({
  format: DataFormat.nullable(),
  bytes: z.int(),
  rows: z.int(),
  problem_count: z.int(),
  problems: z.array(DataProblem),
  problem_groups: z.array(DataProblemGroup),
  warnings: z.array(DataWarning),
});
export type FileReport = z.infer<typeof FileReport>;

/** Counted by the model's own tokenizer, as the trainer counts. */
export const TokenSummary = z.object({
  model: z.string(),
  context_length: z.int(),
  rows: z.int(),
  /** Rows that the trainer could not read, and so are not counted. */
  unreadable_rows: z.int(),
  tokens: z.int(),
  trained_tokens: z.int(),
  /** Rows of which nothing is learned: none of their answers is left within the context. */
  untaught_rows: z.int(),
  longest_row: z.object({ line: z.int(), tokens: z.int() }).nullable(),
  /** Rows longer than the context, and the tokens that are cut at their ends. */
  over_context: z.object({ rows: z.int(), tokens_cut: z.int(), lines: z.array(z.int()) }),
  /** false: the time ran out before the file's end. */
  is_complete: z.boolean(),
});
export type TokenSummary = z.infer<typeof TokenSummary>;

export const DataCheck = z.object({
  object: z.literal("perennial.file_check"),
  method: Method,
  passes: z.boolean(),
  /** What a job with these files would fail with. */
  error: JobError.nullable(),
  training: FileReport,
  validation: FileReport.nullable(),
  tokens: TokenSummary.nullable(),
});
export type DataCheck = z.infer<typeof DataCheck>;

export const PreviewToken = z.object({
  id: z.int(),
  /** What this token adds to the text; "" where a character needs the next one too. */
  text: z.string(),
  is_trained: z.boolean(),
});
export type PreviewToken = z.infer<typeof PreviewToken>;

export const PreviewRow = z.object({
  line: z.int(),
  /**
   * One for a row that is learnt as it is, and one for each answer that the model's chat template writes otherwise once
   * more follows; for a preference pair the preferred answer and the other.
   */
  branches: z.array(
    z.object({
      name: z.enum(["row", "earlier_answer", "preferred", "non_preferred"]),
      tokens: z.array(PreviewToken),
      /** Tokens at the end that the context has no room for. */
      tokens_cut: z.int(),
    }),
  ),
  /** Why the row cannot be trained on; its branches are empty then. */
  error: z.string().nullable(),
});
export type PreviewRow = z.infer<typeof PreviewRow>;

export const FilePreview = z.object({
  object: z.literal("list"),
  model: z.string(),
  context_length: z.int(),
  data: z.array(PreviewRow),
  /** The line to go on after. */
  last_line: z.int().nullable(),
  has_more: z.boolean(),
});
export type FilePreview = z.infer<typeof FilePreview>;

export const MAX_PREVIEW_ROWS = 100;

export const CheckQuery = z.strictObject({
  model: z.string().min(1).optional(),
  method: Method.optional(),
  validation_file: z.string().min(1).optional(),
});
export const PreviewQuery = z.strictObject({
  model: z.string().min(1),
  limit: limitTo(MAX_PREVIEW_ROWS, 10),
  after: z
    .string()
    .regex(/^\d{1,9}$/, "expected a line's number")
    .transform(Number)
    .optional(),
});
