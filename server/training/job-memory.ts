import { statSync } from "node:fs";
import { hyperparametersOf } from "../fine-tuning/job.ts";
import type { JobRow } from "../fine-tuning/job-store.ts";
import type { Base } from "../models/bases.ts";
import {
  BYTES_A_DATASET_TOKEN,
  type LoraShape,
  type ModelShape,
  memoryNeed,
  readModelShape,
  tokenBudget,
} from "./memory-need.ts";

/** What a training computes on: a GPU has memory of its own. */
export type Device = "cpu" | "gpu";

export const deviceOf = async (trainer: { hasCuda(): Promise<boolean> }): Promise<Device> =>
  (await trainer.hasCuda()) ? "gpu" : "cpu";

const DEFAULT_ADAPTER: LoraShape = { lora_r: 16, lora_target_modules: "all-linear" };

/** A token has about four letters of English; other text has fewer. */
const LEAST_BYTES_A_TOKEN = 3;

/**
 * Of the machine's memory, for a training on a GPU, whatever its base: Python with PyTorch and CUDA's libraries. Weights go
 * from the disk to the card. Chosen with room to spare, not measured.
 */
const GPU_RUNTIME_BYTES = 4e9;

/** Bytes of the machine's memory that a training on the base needs with one computed token at a time; null: its shape is unknown. */
export function leastMemory(base: Base, device: Device): number | null {
  if (device === "gpu") return GPU_RUNTIME_BYTES;
  const shape = readModelShape(base.hf, base.parameters);
  return shape && needOf(shape, DEFAULT_ADAPTER, { atOnce: 1, dataset: 0 });
}

const needOf = (shape: ModelShape, adapter: LoraShape, tokens: { atOnce: number; dataset: number }) =>
  memoryNeed({ shape, adapter, tokens: tokens.atOnce, datasetTokens: tokens.dataset, recompute: false });

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/**
 * Bytes of the machine's memory that a job's training needs at most, before a token is counted: on a CPU a batch that fills
 * the trainer's token budget, or all of the file where that is less. null: the base's shape is unknown.
 */
export function jobMemory(
  job: Pick<JobRow, "hyperparameters">,
  base: Base,
  trainingFile: string,
  device: Device,
): number | null {
  const dataset = Math.ceil(sizeOf(trainingFile) / LEAST_BYTES_A_TOKEN);
  if (device === "gpu") return GPU_RUNTIME_BYTES + BYTES_A_DATASET_TOKEN * dataset;
  const shape = readModelShape(base.hf, base.parameters);
  if (!shape) return null;
  const { lora_r, lora_target_modules } = hyperparametersOf(job);
  const adapter = {
    lora_r: lora_r ?? DEFAULT_ADAPTER.lora_r,
    lora_target_modules: lora_target_modules ?? DEFAULT_ADAPTER.lora_target_modules,
  };
  return needOf(shape, adapter, { atOnce: Math.min(tokenBudget(shape), dataset), dataset });
}
