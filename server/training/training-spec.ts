import type { TrainingSpec } from "../../contract/training.ts";
import { hyperparametersOf, wandbOf } from "../fine-tuning/job.ts";
import type { NewJob } from "../fine-tuning/job-store.ts";
import type { Base } from "../models/bases.ts";

/** Absolute paths of what is trained on. */
export type SpecPaths = {
  readonly training: string;
  readonly validation: string | null;
  readonly adapter: string | null;
};

/** What the trainer is told, once, about a job. */
export const specOf = (
  job: Pick<NewJob, "id" | "method" | "hyperparameters" | "seed" | "integrations">,
  base: Base,
  { training, validation, adapter }: SpecPaths,
): TrainingSpec => ({
  version: 1,
  job_id: job.id,
  method: job.method,
  base: { id: base.id, path: base.hf, context_length: base.contextLength },
  adapter,
  training_file: training,
  validation_file: validation,
  hyperparameters: hyperparametersOf(job),
  seed: job.seed,
  wandb: wandbOf(job),
});
