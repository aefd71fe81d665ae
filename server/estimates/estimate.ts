import { Refusal, type RefusalKind } from "../../contract/errors.ts";
import { type EstimateWarning, JobEstimate, type TrainerEstimate } from "../../contract/estimates.ts";
import type { JobError } from "../../contract/fine-tuning.ts";
import type { Method } from "../../contract/training.ts";
import type { DataCheck, FileReport } from "../../contract/training-data.ts";
import type { Memory } from "../platform/memory.ts";

/** What was found out about a job, and how the machine was meanwhile. */
export type Found = {
  readonly model: string;
  readonly method: Method;
  readonly check: DataCheck;
  readonly estimate: TrainerEstimate;
  readonly memory: Memory;
  readonly trainings: number;
};

const FILE_PARAMS = ["training_file", "validation_file"] as const;

const kinds: Readonly<Record<string, RefusalKind>> = {
  invalid_training_file: "invalid_training_file",
  invalid_validation_file: "invalid_validation_file",
  invalid_n_examples: "invalid_n_examples",
  invalid_hyperparameters: "invalid_hyperparameters",
  model_not_available: "model_not_available",
};

const BUSY_SECONDS = 60;

/** What a job would end with, as a refusal with the same sentence; what another hour could change may be tried again. */
export function refusalOf({ code, message, param }: JobError): Refusal {
  if (code === "out_of_memory") return new Refusal("estimate_unavailable", message, null, BUSY_SECONDS);
  if (code === "disk_full") return new Refusal("disk_full", message);
  return new Refusal(kinds[code] ?? "job_would_fail", message, param);
}

export const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;

const noLines = { file: null, count: 1, lines: "" } as const;

const reportWarnings = (report: FileReport | null, file: (typeof FILE_PARAMS)[number]): EstimateWarning[] =>
  (report?.warnings ?? []).map((warning) => ({ ...warning, file }));

function cutWarning({ truncated, hyperparameters, sampled }: TrainerEstimate): EstimateWarning[] {
  const { examples: count, tokens } = truncated;
  if (count === 0) return [];
  const about = sampled.examples === null ? "" : "about ";
  const context = hyperparameters.context_length ?? "the base's";
  const message = `${about}${count} ${count === 1 ? "row is" : "rows are"} longer than the context of ${context} tokens: ${about}${tokens} tokens at their ends are cut. Shorten or split them.`;
  return [{ code: "rows_cut", file: "training_file", message, count, lines: "" }];
}

function memoryWarning(need: number, memory: JobEstimate["memory"]): EstimateWarning[] {
  if (!memory.fits) {
    const owner = memory.of === "gpu" ? "the GPU" : "this machine";
    const message = `The training needs about ${gigabytes(need)} of memory and ${owner} has ${gigabytes(memory.total_bytes)}. Use a smaller base, or a ${memory.of === "gpu" ? "GPU" : "machine"} with more.`;
    return [{ ...noLines, code: "does_not_fit", message }];
  }
  if (memory.fits_now !== false) return [];
  const free = gigabytes(memory.available_bytes ?? 0);
  const message = `The training needs about ${gigabytes(need)} of memory and ${free} can be had now: the job would wait for the rest.`;
  return [{ ...noLines, code: "memory_in_use", message }];
}

function sampledWarning({ sampled, examples, steps }: TrainerEstimate): EstimateWarning[] {
  if (sampled.examples === null && sampled.steps === null) return [];
  const looked = [
    sampled.examples === null ? [] : [`${sampled.examples} of ${examples} rows`],
    sampled.steps === null ? [] : [`the batches of ${sampled.steps} of ${steps} steps`],
  ].flat();
  const message = `Only ${looked.join(" and ")} were looked at; what is counted in tokens is an estimate too.`;
  return [{ ...noLines, code: "sampled", message }];
}

function besideWarning(trainings: number): EstimateWarning[] {
  if (trainings === 0) return [];
  const others = trainings === 1 ? "a training" : `${trainings} trainings`;
  const message = `The machine was shared with ${others} while this was measured; alone the job is quicker.`;
  return [{ ...noLines, code: "measured_beside_trainings", message }];
}

function memoryOf({ estimate, memory }: Found): JobEstimate["memory"] {
  const { peak_memory_bytes: need, gpu } = estimate;
  const { totalBytes, availableBytes } = gpu
    ? { totalBytes: gpu.total_bytes, availableBytes: gpu.available_bytes }
    : memory;
  return {
    of: gpu ? "gpu" : "machine",
    peak_bytes: need,
    available_bytes: availableBytes,
    total_bytes: totalBytes,
    fits_now: availableBytes === null ? null : need <= availableBytes,
    fits: need <= totalBytes,
  };
}

export function presentEstimate(found: Found): JobEstimate {
  const { model, method, check, estimate, trainings } = found;
  const { seconds, hyperparameters } = estimate;
  const memory = memoryOf(found);
  const total = Object.values(seconds).reduce((sum, part) => sum + part, 0);
  return JobEstimate.parse({
    object: "perennial.job_estimate",
    model,
    method,
    hyperparameters,
    epochs: hyperparameters.n_epochs,
    batch_size: hyperparameters.batch_size,
    steps: estimate.steps,
    examples: estimate.examples,
    validation_examples: estimate.validation_examples,
    tokens: estimate.tokens,
    seconds: { ...seconds, total: Math.round(total * 1000) / 1000 },
    memory,
    measured_beside_trainings: trainings,
    sampled: estimate.sampled,
    warnings: [
      ...reportWarnings(check.training, "training_file"),
      ...reportWarnings(check.validation, "validation_file"),
      ...cutWarning(estimate),
      ...memoryWarning(estimate.peak_memory_bytes, memory),
      ...sampledWarning(estimate),
      ...besideWarning(trainings),
    ],
  });
}
