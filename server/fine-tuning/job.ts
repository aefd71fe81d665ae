import { z } from "zod";
import { Metadata } from "../../contract/common.ts";
import type {
  DpoHyperparameters,
  FineTuningJob,
  JobCheckpoint,
  JobError,
  JobEvent,
  JobStatus,
  RequestedHyperparameters,
  ShownStatus,
} from "../../contract/fine-tuning.ts";
import { JobError as JobErrorSchema } from "../../contract/fine-tuning.ts";
import {
  type Method,
  ResolvedHyperparameters,
  StepMetrics,
  TrainingHyperparameters,
  type TrainingSpec,
} from "../../contract/training.ts";
import type { ShownCheckpoint } from "./checkpoint-store.ts";
import type { EventRow, JobRow } from "./job-store.ts";

/** From which statuses a job may come to each; the database checks it in the statement that moves the job. */
export const mayComeFrom = {
  validating_files: [],
  queued: ["validating_files", "running"],
  running: ["queued"],
  succeeded: ["running"],
  failed: ["validating_files", "queued", "running"],
  cancelled: ["validating_files", "queued", "running"],
} as const satisfies Record<JobStatus, readonly JobStatus[]>;

export type EndStatus = "succeeded" | "failed" | "cancelled";

export const isEnd = (status: JobStatus): status is EndStatus =>
  status === "succeeded" || status === "failed" || status === "cancelled";

export const hasEnded = (status: JobStatus): boolean => isEnd(status);

/** What is not given is "auto"; the trainer turns it into numbers once it has counted the rows. */
export const withAutos = (
  method: Method,
  asked: RequestedHyperparameters | DpoHyperparameters | null | undefined,
): TrainingHyperparameters => ({
  n_epochs: "auto",
  batch_size: "auto",
  learning_rate_multiplier: "auto",
  ...(method === "dpo" ? { beta: "auto" } : {}),
  ...asked,
});

export type NewEvent = {
  readonly level: JobEvent["level"];
  readonly message: string;
  readonly type: JobEvent["type"];
  readonly data: Record<string, unknown> | null;
};

export const message = (
  text: string,
  level: JobEvent["level"] = "info",
  data: NewEvent["data"] = null,
): NewEvent => ({
  level,
  message: text,
  type: "message",
  data,
});

const twoDigits = (value: number) => value.toFixed(2);

/** `Step 60/200: training loss=0.73, validation loss=1.46`, with OpenAI's names in `data`, and our own `more`. */
export function metricsEvent(
  metrics: StepMetrics,
  more: { readonly total_steps: number; readonly tokens: number; readonly tokens_per_second: number },
): NewEvent {
  const { step, train_loss, valid_loss, full_valid_loss } = metrics;
  const parts = [`training loss=${twoDigits(train_loss)}`];
  if (valid_loss !== undefined) parts.push(`validation loss=${twoDigits(valid_loss)}`);
  if (full_valid_loss !== undefined) parts.push(`full validation loss=${twoDigits(full_valid_loss)}`);
  const text = `Step ${step}/${more.total_steps}: ${parts.join(", ")}`;
  return { level: "info", message: text, type: "metrics", data: { ...metrics, ...more } };
}

const parsed = <T>(text: string | null, schema: { parse: (value: unknown) => T }): T | null =>
  text === null ? null : schema.parse(JSON.parse(text));

export const jobError = (row: JobRow): JobError | null => parsed(row.error, JobErrorSchema);

export const hyperparametersOf = (row: Pick<JobRow, "hyperparameters">): TrainingHyperparameters =>
  TrainingHyperparameters.parse(JSON.parse(row.hyperparameters));

const ShownIntegrations = z.array(
  z.object({
    wandb: z.object({
      project: z.string(),
      entity: z.string().nullable(),
      name: z.string().nullable(),
      tags: z.array(z.string()),
    }),
  }),
);

/** The run that the trainer writes to; null: none was asked for. */
export function wandbOf(row: Pick<JobRow, "integrations">): TrainingSpec["wandb"] {
  const [integration] = ShownIntegrations.parse(JSON.parse(row.integrations));
  return integration?.wandb ?? null;
}

/** The word for a paused job: "queued" fits the SDKs' types, "paused" is in OpenAI's example. */
export type PausedStatus = "queued" | "paused";

export const isPaused = (row: Pick<JobRow, "status" | "paused_at">): boolean =>
  row.status === "queued" && row.paused_at !== null;

const shownStatus = (row: JobRow, paused: PausedStatus): ShownStatus => (isPaused(row) ? paused : row.status);

export function presentJob(row: JobRow, paused: PausedStatus = "queued"): FineTuningJob {
  const hyperparameters = hyperparametersOf(row);
  return {
    object: "fine_tuning.job",
    id: row.id,
    created_at: row.created_at,
    model: row.model,
    organization_id: row.organization_id,
    training_file: row.training_file,
    validation_file: row.validation_file,
    status: shownStatus(row, paused),
    error: jobError(row),
    hyperparameters,
    method: { type: row.method, [row.method]: { hyperparameters } },
    seed: row.seed,
    fine_tuned_model: row.fine_tuned_model,
    finished_at: row.finished_at,
    estimated_finish: row.estimated_finish,
    trained_tokens: row.trained_tokens,
    result_files: row.result_file === null ? [] : [row.result_file],
    integrations: JSON.parse(row.integrations),
    metadata: parsed(row.metadata, Metadata),
    user_provided_suffix: row.suffix,
    // A pause that was asked for too late means nothing any more.
    paused_at: hasEnded(row.status) ? null : row.paused_at,
    resolved_hyperparameters: parsed(row.resolved_hyperparameters, ResolvedHyperparameters),
  };
}

export const presentEvent = (row: EventRow): JobEvent => ({
  object: "fine_tuning.job.event",
  id: row.id,
  created_at: row.created_at,
  level: row.level,
  message: row.message,
  type: row.type,
  ...(row.data === null ? {} : { data: JSON.parse(row.data) }),
});

export const presentCheckpoint = (row: ShownCheckpoint): JobCheckpoint => ({
  object: "fine_tuning.job.checkpoint",
  id: row.id,
  created_at: row.created_at,
  fine_tuned_model_checkpoint: row.model,
  fine_tuning_job_id: row.job_id,
  step_number: row.step,
  metrics: StepMetrics.parse(JSON.parse(row.metrics)),
  is_model: row.is_model === 1,
  is_deleted: row.is_deleted === 1,
});
