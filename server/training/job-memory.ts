import { statSync } from "node:fs";
import { hyperparametersOf } from "../fine-tuning/job.ts";
import type { JobRow } from "../fine-tuning/job-store.ts";
import type { Base } from "../models/bases.ts";
import { type LoraShape, type ModelShape, memoryNeed, readModelShape, tokenBudget } from "./memory-need.ts";

const DEFAULT_ADAPTER: LoraShape = { lora_r: 16, lora_target_modules: "all-linear" };

/** A token has about four letters of English; other text has fewer. */
const LEAST_BYTES_A_TOKEN = 3;

/** Bytes that a training on the base needs with one computed token at a time; null: its shape is unknown. */
export function leastMemory(base: Base): number | null {
  const shape = readModelShape(base.hf, base.parameters);
  return shape && needOf(shape, DEFAULT_ADAPTER, { atOnce: 1, dataset: 0 });
}

const needOf = (shape: ModelShape, adapter: LoraShape, tokens: { atOnce: number; dataset: number }) =>
  memoryNeed({ shape, adapter, tokens: tokens.atOnce, datasetTokens: tokens.dataset, recompute: false });

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/**
 * Bytes that a job's training needs at most, before a token is counted: a batch that fills the trainer's token budget,
 * or all of the file where that is less. null: the base's shape is unknown.
 */
export function jobMemory(
  job: Pick<JobRow, "hyperparameters">,
  base: Base,
  trainingFile: string,
): number | null {
  const shape = readModelShape(base.hf, base.parameters);
  if (!shape) return null;
  const { lora_r, lora_target_modules } = hyperparametersOf(job);
  const adapter = {
    lora_r: lora_r ?? DEFAULT_ADAPTER.lora_r,
    lora_target_modules: lora_target_modules ?? DEFAULT_ADAPTER.lora_target_modules,
  };
  const dataset = Math.ceil(sizeOf(trainingFile) / LEAST_BYTES_A_TOKEN);
  return needOf(shape, adapter, { atOnce: Math.min(tokenBudget(shape), dataset), dataset });
}
