import { z } from "zod";
import { limitTo, Metadata, withoutNulls } from "./common.ts";
import { Method, ResolvedHyperparameters, StepMetrics, TrainingHyperparameters } from "./training.ts";

export const JobStatus = z.enum([
  "validating_files",
  "queued",
  "running",
  "succeeded",
  "failed",
  "cancelled",
]);
export type JobStatus = z.infer<typeof JobStatus>;

/** What a job's `status` shows: OpenAI's list, and "paused" where the operator wants OpenAI's example rather than its types. */
export const ShownStatus = z.enum([...JobStatus.options, "paused"]);
export type ShownStatus = z.infer<typeof ShownStatus>;

const fields = TrainingHyperparameters.partial();

/** Each is a number or "auto"; what is left out is "auto" (OpenAI's default). Perennial's own stand beside OpenAI's. */
export const RequestedHyperparameters = z.preprocess(withoutNulls, fields.omit({ beta: true }).strict());
export type RequestedHyperparameters = z.infer<typeof RequestedHyperparameters>;
export const DpoHyperparameters = z.preprocess(withoutNulls, fields.strict());
export type DpoHyperparameters = z.infer<typeof DpoHyperparameters>;

export const WandbIntegration = z.strictObject({
  type: z.literal("wandb"),
  wandb: z.strictObject({
    project: z.string().min(1).max(128),
    name: z.string().min(1).max(128).nullish(),
    entity: z.string().min(1).max(128).nullish(),
    tags: z.array(z.string().min(1).max(64)).max(50).nullish(),
  }),
});
export type WandbIntegration = z.infer<typeof WandbIntegration>;

/** `CreateFineTuningJobRequest`. What this server cannot honour is refused by name later. */
export const CreateJob = z.strictObject({
  model: z.string().min(1),
  training_file: z.string().min(1),
  validation_file: z.string().min(1).nullish(),
  hyperparameters: RequestedHyperparameters.nullish(),
  method: z
    .strictObject({
      type: z.enum(["supervised", "dpo", "reinforcement"]),
      supervised: z.strictObject({ hyperparameters: RequestedHyperparameters.nullish() }).nullish(),
      dpo: z.strictObject({ hyperparameters: DpoHyperparameters.nullish() }).nullish(),
      reinforcement: z.looseObject({}).nullish(),
    })
    .nullish(),
  suffix: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[A-Za-z0-9_-]+$/, "use letters, digits, '-' and '_'")
    .nullish(),
  seed: z.int().min(0).max(2_147_483_647).nullish(),
  metadata: Metadata.nullish(),
  integrations: z
    .array(z.looseObject({ type: z.string() }))
    .max(5)
    .nullish(),
});
export type CreateJob = z.infer<typeof CreateJob>;

export const JobError = z.object({ code: z.string(), message: z.string(), param: z.string().nullable() });
export type JobError = z.infer<typeof JobError>;

/** OpenAI's `FineTuningJob`, as strict SDK types read it (`error: null` while nothing failed). */
export const FineTuningJob = z.object({
  object: z.literal("fine_tuning.job"),
  id: z.string(),
  created_at: z.int(),
  model: z.string(),
  organization_id: z.string(),
  training_file: z.string(),
  validation_file: z.string().nullable(),
  status: ShownStatus,
  error: JobError.nullable(),
  hyperparameters: TrainingHyperparameters,
  method: z.object({
    type: Method,
    supervised: z.object({ hyperparameters: TrainingHyperparameters }).optional(),
    dpo: z.object({ hyperparameters: TrainingHyperparameters }).optional(),
  }),
  seed: z.int(),
  fine_tuned_model: z.string().nullable(),
  finished_at: z.int().nullable(),
  estimated_finish: z.int().nullable(),
  trained_tokens: z.int().nullable(),
  result_files: z.array(z.string()),
  integrations: z.array(z.unknown()),
  metadata: Metadata.nullable(),
  user_provided_suffix: z.string().nullable(),
  /**
   * Perennial's own: since when the job is paused, which is "queued" in OpenAI's words, whose list of statuses has no
   * "paused". While the job still is "running", its trainer is about to finish its step.
   */
  paused_at: z.int().nullable(),
  /**
   * Perennial's own: every number that the training goes by, defaults included, while `hyperparameters` has OpenAI's
   * and what was asked for; null until the rows have been counted.
   */
  resolved_hyperparameters: ResolvedHyperparameters.nullable(),
});
export type FineTuningJob = z.infer<typeof FineTuningJob>;

export const JobEvent = z.object({
  object: z.literal("fine_tuning.job.event"),
  id: z.string(),
  created_at: z.int(),
  level: z.enum(["info", "warn", "error"]),
  message: z.string(),
  type: z.enum(["message", "metrics"]),
  /** The server leaves it out where there is none, since OpenAI's schema knows no null here; older services send null. */
  data: z.record(z.string(), z.unknown()).nullish(),
});
export type JobEvent = z.infer<typeof JobEvent>;

/** How far the engine's answers are from the trainer's own, over the tokens of a few rows. */
export const FidelityFigures = z.object({
  rows: z.int(),
  tokens: z.int(),
  /** Rows whose messages the engine turns into other tokens than the trainer does. */
  different_prompts: z.int(),
  /** |p engine − p trainer|, a token; up to `limit` it is rounding. null: not a number. */
  difference: z.number().nullable(),
  limit: z.number(),
  /** |p tuned − p base|, a token: what the training changed. */
  effect: z.number().nullable(),
  /** Of the tokens that the trainer is sure of: the share that is the engine's first choice, too. */
  same_top_token: z.number().nullable(),
  mean_logprob_difference: z.number().nullable(),
  max_logprob_difference: z.number().nullable(),
});
export type FidelityFigures = z.infer<typeof FidelityFigures>;

/** Perennial's own: the `data` of the event that tells it, once for each job that was trained to its end. */
export const FidelityEventData = z.object({ fidelity: FidelityFigures.extend({ passes: z.boolean() }) });
export type FidelityEventData = z.infer<typeof FidelityEventData>;

export const JobCheckpoint = z.object({
  object: z.literal("fine_tuning.job.checkpoint"),
  id: z.string(),
  created_at: z.int(),
  fine_tuned_model_checkpoint: z.string(),
  fine_tuning_job_id: z.string(),
  step_number: z.int(),
  metrics: StepMetrics,
  /** Perennial's own: the job's `fine_tuned_model` answers from this checkpoint. */
  is_model: z.boolean(),
  /** Perennial's own: it was deleted, and can neither be called nor become the model. */
  is_deleted: z.boolean(),
});
export type JobCheckpoint = z.infer<typeof JobCheckpoint>;

/** Perennial's own: which checkpoint the job's model answers from. */
export const ChooseCheckpoint = z.strictObject({ checkpoint: z.string().min(1).max(100) });
export type ChooseCheckpoint = z.infer<typeof ChooseCheckpoint>;

/** The same key gives the same job. What a header can carry, and no more than anybody needs. */
export const IdempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, "use 1 to 255 visible characters of ASCII");

/** `metadata[k]=v` and `metadata=null` are read apart, since their names are the caller's. */
export const ListJobs = z.object({ limit: limitTo(1000, 20), after: z.string().optional() });
/** `type` is Perennial's own: of thousands of steps only what is told in words. */
export const ListEvents = z.object({
  limit: limitTo(1000, 20),
  after: z.string().optional(),
  type: z.enum(["message", "metrics"]).optional(),
});
export type ListEvents = z.infer<typeof ListEvents>;
export const ListCheckpoints = z.object({ limit: limitTo(1000, 10), after: z.string().optional() });
