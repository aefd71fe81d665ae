import { z } from "zod";
import { limitTo } from "./common.ts";

/** OpenAI's `project.rate_limit`. */
export const ProjectRateLimit = z.object({
  object: z.literal("project.rate_limit"),
  id: z.string(),
  model: z.string(),
  max_requests_per_1_minute: z.int(),
  max_tokens_per_1_minute: z.int(),
});
export type ProjectRateLimit = z.infer<typeof ProjectRateLimit>;

const MOST = 1_000_000_000_000;
const perMinute = z.int().min(1, "expected at least 1").max(MOST, `expected at most ${MOST}`).nullish();

/** null: the server's own limit again. What is left out stays. */
export const UpdateRateLimit = z.strictObject({
  max_requests_per_1_minute: perMinute,
  max_tokens_per_1_minute: perMinute,
  // OpenAI's for other kinds of models, refused by name.
  max_images_per_1_minute: z.unknown().optional(),
  max_audio_megabytes_per_1_minute: z.unknown().optional(),
  max_requests_per_1_day: z.unknown().optional(),
  batch_1_day_max_input_tokens: z.unknown().optional(),
});
export type UpdateRateLimit = z.infer<typeof UpdateRateLimit>;

export const ListRateLimits = z.object({
  limit: limitTo(100, 100),
  after: z.string().optional(),
  before: z.string().optional(),
});
export type ListRateLimits = z.infer<typeof ListRateLimits>;
