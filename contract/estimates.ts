import { z } from "zod";
import { CreateJob, JobError } from "./fine-tuning.ts";
import { Method, ResolvedHyperparameters } from "./training.ts";
import { DataWarning } from "./training-data.ts";

/** The body of creating a job, so that the same one can be sent to either. */
export const EstimateJob = CreateJob;
export type EstimateJob = z.infer<typeof EstimateJob>;

const Tokens = z.object({
  /** Of the user's rows, prompts included; in all: what the job's `trained_tokens` will say. */
  dataset_per_epoch: z.int(),
  dataset_total: z.int(),
  /** What is left to compute once rows share the beginnings that they have in common. */
  computed_per_epoch: z.int(),
  computed_total: z.int(),
});

const Parts = {
  /** Loading, reading and tokenizing; for DPO also what the model answers before the first step. */
  starting: z.number(),
  /** The steps alone. */
  training: z.number(),
  validation: z.number(),
  checkpoints: z.number(),
  /** What the serving engine's answers are held against. */
  finishing: z.number(),
};

/** Of a large file or of many steps only a share is looked at; null: all. */
const Sampled = z.object({ examples: z.int().nullable(), steps: z.int().nullable() });

/** What `python -m trainer.estimate` prints of a job. */
export const TrainerEstimate = z.object({
  hyperparameters: ResolvedHyperparameters,
  steps: z.int(),
  examples: z.int(),
  validation_examples: z.int(),
  tokens: Tokens,
  truncated: z.object({ examples: z.int(), tokens: z.int() }),
  seconds: z.object(Parts),
  peak_memory_bytes: z.int(),
  /** Memory of the GPU that it was timed on; null: it was the machine's own. */
  gpu: z.object({ total_bytes: z.int(), available_bytes: z.int() }).nullable(),
  sampled: Sampled,
  timed: z.object({ passes: z.int(), seconds: z.number() }),
});
export type TrainerEstimate = z.infer<typeof TrainerEstimate>;

export const TrainerAnswer = z.union([
  z.object({ estimate: TrainerEstimate }),
  z.object({ error: JobError }),
]);
export type TrainerAnswer = z.infer<typeof TrainerAnswer>;

/** `file` null: it is about the job as a whole. */
export const EstimateWarning = DataWarning.extend({
  file: z.enum(["training_file", "validation_file"]).nullable(),
});
export type EstimateWarning = z.infer<typeof EstimateWarning>;

/** What `POST /v1/perennial/fine_tuning/estimate` answers. */
export const JobEstimate = z.object({
  object: z.literal("perennial.job_estimate"),
  model: z.string(),
  method: Method,
  hyperparameters: ResolvedHyperparameters,
  epochs: z.int(),
  batch_size: z.int(),
  steps: z.int(),
  examples: z.int(),
  validation_examples: z.int(),
  tokens: Tokens,
  /** On this machine as it was while the estimate was made; without the time that the job waits in the queue. */
  seconds: z.object({ ...Parts, total: z.number() }),
  memory: z.object({
    /** Whose memory: trainings on a GPU take that of the card. */
    of: z.enum(["machine", "gpu"]),
    peak_bytes: z.int(),
    /** null: this system does not say. */
    available_bytes: z.int().nullable(),
    total_bytes: z.int(),
    fits_now: z.boolean().nullable(),
    fits: z.boolean(),
  }),
  /** Trainings that ran meanwhile and took their share of the machine. */
  measured_beside_trainings: z.int(),
  sampled: Sampled,
  warnings: z.array(EstimateWarning),
});
export type JobEstimate = z.infer<typeof JobEstimate>;
