import { z } from "zod";
import { limitTo } from "./common.ts";
import { refusals } from "./errors.ts";

export const Endpoint = z.enum(["chat", "completions", "responses"]);

/** How a request ended: well, left by its client, or by the kind of a refusal (`docs/reference/errors.md`). */
const STATUSES = ["ok", "cancelled", ...Object.keys(refusals)] as const;
const statuses: readonly string[] = STATUSES;

/** Perennial's own: what one request for an answer took. */
export const RequestObject = z.object({
  object: z.literal("request"),
  /** For pages. */
  id: z.string(),
  /** The answer's `x-request-id`; of a background response its own id. */
  request_id: z.string(),
  created_at: z.int(),
  project_id: z.string(),
  api_key_id: z.string(),
  model: z.string(),
  endpoint: Endpoint,
  stream: z.boolean(),
  status: z.string(),
  input_tokens: z.int(),
  cached_tokens: z.int(),
  output_tokens: z.int(),
  /** null: nothing was streamed. */
  time_to_first_token_ms: z.number().nullable(),
  duration_ms: z.number(),
});
export type RequestObject = z.infer<typeof RequestObject>;

/** Seconds since 1970, up to the year 5138. */
const seconds = z
  .string()
  .regex(/^\d{1,11}$/, "expected seconds since 1970")
  .transform(Number);

export const ListRequests = z.object({
  limit: limitTo(1000, 20),
  after: z
    .string()
    .regex(/^rlog_\d{1,16}$/, "expected an id of this list")
    .optional(),
  model: z.string().max(256).optional(),
  /** `failed`: neither ok nor cancelled. */
  status: z
    .string()
    .refine((status) => status === "failed" || statuses.includes(status), {
      error: "expected ok, cancelled, failed, or the kind of an error",
    })
    .optional(),
  /** Ended since. */
  since: seconds.optional(),
  project_id: z.string().max(64).optional(),
});
export type ListRequests = z.infer<typeof ListRequests>;

export const RequestPage = z.object({
  object: z.literal("list"),
  data: z.array(RequestObject),
  first_id: z.string().nullable(),
  /** The next page's `after`; of a filtered list also where a page is empty. */
  last_id: z.string().nullable(),
  has_more: z.boolean(),
});
export type RequestPage = z.infer<typeof RequestPage>;

export const BucketWidth = z.enum(["1m", "1h", "1d"], "expected 1m, 1h or 1d");
export type BucketWidth = z.infer<typeof BucketWidth>;

/** Buckets in an answer: the most, and how many where nobody says. */
export const bucketLimits = {
  "1m": { most: 1440, standard: 60 },
  "1h": { most: 168, standard: 24 },
  "1d": { most: 31, standard: 7 },
} as const satisfies Record<BucketWidth, { most: number; standard: number }>;

const texts = z.array(z.string().max(256)).max(100).default([]);

const UsageFields = z.object({
  end_time: seconds.optional(),
  bucket_width: BucketWidth.default("1d"),
  project_ids: texts,
  user_ids: texts,
  api_key_ids: texts,
  models: texts,
  batch: z.enum(["true", "false"], "expected true or false").optional(),
  group_by: z
    .array(
      z.enum(
        ["project_id", "user_id", "api_key_id", "model", "batch", "service_tier", "api_source"],
        "expected project_id, api_key_id or model",
      ),
    )
    .max(10)
    .default([]),
  /** 0: as many as the width has by itself. */
  limit: limitTo(1440, 0),
  page: z
    .string()
    .regex(/^page_\d{1,11}$/, "expected a next_page of this list")
    .optional(),
});

function usageQuery<Start extends z.ZodType<number | undefined>>(start_time: Start) {
  return UsageFields.extend({ start_time }).superRefine(({ bucket_width: width, limit }, context) => {
    const { most } = bucketLimits[width];
    if (limit <= most) return;
    const message = `expected at most ${most} with bucket_width ${width}`;
    context.addIssue({ code: "custom", path: ["limit"], message });
  });
}
export const UsageQuery = usageQuery(seconds);
/** Perennial's own: without a start, as many buckets as an answer has by itself, up to now. */
export const OwnUsageQuery = usageQuery(seconds.optional());
export type OwnUsageQuery = z.infer<typeof OwnUsageQuery>;

/** OpenAI's `organization.usage.completions.result`; null: not grouped by it. */
export const UsageResult = z.object({
  object: z.literal("organization.usage.completions.result"),
  input_tokens: z.int(),
  input_cached_tokens: z.int(),
  output_tokens: z.int(),
  input_audio_tokens: z.int(),
  output_audio_tokens: z.int(),
  num_model_requests: z.int(),
  project_id: z.string().nullable(),
  user_id: z.string().nullable(),
  api_key_id: z.string().nullable(),
  model: z.string().nullable(),
  batch: z.boolean().nullable(),
  service_tier: z.string().nullable(),
});
export type UsageResult = z.infer<typeof UsageResult>;

export const UsageBucket = z.object({
  object: z.literal("bucket"),
  start_time: z.int(),
  end_time: z.int(),
  results: z.array(UsageResult),
});
export type UsageBucket = z.infer<typeof UsageBucket>;

export const UsagePage = z.object({
  object: z.literal("page"),
  data: z.array(UsageBucket),
  has_more: z.boolean(),
  next_page: z.string().nullable(),
});
export type UsagePage = z.infer<typeof UsagePage>;
