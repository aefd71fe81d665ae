import { z } from "zod";
import { limitTo } from "./common.ts";

/** What is measured at a step; not every step measures all of it. */
export const METRIC_NAMES = [
  "train_loss",
  "train_mean_token_accuracy",
  "train_preferred_reward",
  "train_non_preferred_reward",
  "valid_loss",
  "valid_mean_token_accuracy",
  "full_valid_loss",
  "full_valid_mean_token_accuracy",
  "tokens_per_second",
  /** Of the data, seen since the job began. */
  "tokens",
] as const;
export type MetricName = (typeof METRIC_NAMES)[number];

const Column = z.array(z.number().nullable());

/** Perennial's own: a job's steps in their order, a column a metric, all as long as `step`. */
export const JobMetrics = z.object({
  object: z.literal("fine_tuning.job.metrics"),
  job_id: z.string(),
  /** null: no step was taken yet. */
  total_steps: z.int().nullable(),
  step: z.array(z.int()),
  /** When the server heard of the step. */
  created_at: z.array(z.int()),
  /** Only those that a step of this answer has. */
  metrics: z.partialRecord(z.enum(METRIC_NAMES), Column),
  /** Asked for as `after`, gives what came later. */
  last: z.int(),
  has_more: z.boolean(),
});
export type JobMetrics = z.infer<typeof JobMetrics>;

export const MOST_STEPS = 20_000;
const cursor = z
  .string()
  .regex(/^\d{1,15}$/, "expected the `last` of an answer before")
  .transform(Number)
  .default(0);
export const ListMetrics = z.object({ after: cursor, limit: limitTo(MOST_STEPS, MOST_STEPS) });
export type ListMetrics = z.infer<typeof ListMetrics>;
