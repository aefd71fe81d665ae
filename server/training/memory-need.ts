import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { LoraTarget } from "../../contract/training.ts";

/** A model's measures, as far as memory follows from them. `queries`, `keys`: heads times their size. */
export type ModelShape = {
  readonly parameters: number;
  readonly layers: number;
  readonly hidden: number;
  readonly intermediate: number;
  readonly queries: number;
  readonly keys: number;
  readonly vocabulary: number;
  /** Each query and key is normed by itself. */
  readonly normed?: boolean;
};

export type LoraShape = {
  readonly lora_r: number;
  readonly lora_target_modules: "all-linear" | readonly z.infer<typeof LoraTarget>[];
};

export type MemoryNeed = {
  readonly shape: ModelShape;
  readonly adapter: LoraShape;
  /** Computed at once, at most. */
  readonly tokens: number;
  readonly datasetTokens: number;
  /** Only the input of each block is kept, as for a row that is longer than the token budget. */
  readonly recompute: boolean;
};

const FLOAT32 = 4;
const RUNTIME_BYTES = 450_000_000;
export const BYTES_A_DATASET_TOKEN = 48;
const NUMBERS_AN_ADAPTER_WEIGHT = 4;
const LOGIT_ROWS = 128;
const LOGIT_COPIES = 3;
const BLOCKS_IN_BACKWARD = 2;
const HELD_PERCENT = 115;

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

const linearLayers = ({ hidden, intermediate, queries, keys }: ModelShape) => ({
  q_proj: [hidden, queries],
  k_proj: [hidden, keys],
  v_proj: [hidden, keys],
  o_proj: [queries, hidden],
  gate_proj: [hidden, intermediate],
  up_proj: [hidden, intermediate],
  down_proj: [intermediate, hidden],
});

function adapterNumbers(shape: ModelShape, { lora_r: r, lora_target_modules: targets }: LoraShape) {
  const layers = linearLayers(shape);
  const adapted = targets === "all-linear" ? Object.values(layers) : targets.map((name) => layers[name]);
  return { weights: r * sum(adapted.map(sum)), reduced: r * adapted.length };
}

/** Bytes; trainer/trainer/estimate/memory_need.py says why, and the same. */
export function memoryNeed({ shape, adapter, tokens, datasetTokens, recompute }: MemoryNeed): number {
  const { layers, hidden } = shape;
  const linear = sum(Object.values(linearLayers(shape)).map(([inputs = 0, outputs = 0]) => inputs * outputs));
  const { weights, reduced } = adapterNumbers(shape, adapter);
  const ofHeads = (shape.normed ? 4 : 3) * (shape.queries + shape.keys);
  const block = 4 * hidden + ofHeads + 3 * shape.intermediate + reduced;
  const activations = recompute
    ? layers * hidden + (1 + BLOCKS_IN_BACKWARD) * block
    : (layers + BLOCKS_IN_BACKWARD) * block;
  const numbers =
    shape.parameters +
    layers * linear +
    NUMBERS_AN_ADAPTER_WEIGHT * layers * weights +
    LOGIT_COPIES * LOGIT_ROWS * shape.vocabulary +
    Math.floor((tokens * activations * HELD_PERCENT) / 100);
  return RUNTIME_BYTES + FLOAT32 * numbers + BYTES_A_DATASET_TOKEN * datasetTokens;
}

const LEAST_TOKENS = 256;
const ACTIVATION_BYTES = 3 * 1024 ** 3;

/** Computed tokens that the trainer holds at once; `token_budget` of trainer/trainer/packed.py. */
export function tokenBudget({ hidden, intermediate, layers }: ModelShape): number {
  return Math.max(
    LEAST_TOKENS,
    Math.floor(ACTIVATION_BYTES / (FLOAT32 * (12 * hidden + 6 * intermediate) * layers)),
  );
}

const NORMED: readonly string[] = ["qwen3"];

const HuggingFaceConfig = z.object({
  model_type: z.string().default(""),
  num_hidden_layers: z.int(),
  hidden_size: z.int(),
  intermediate_size: z.int(),
  num_attention_heads: z.int(),
  num_key_value_heads: z.int().nullish(),
  head_dim: z.int().nullish(),
  vocab_size: z.int(),
});

/** Of a base in Hugging Face's layout; null: its configuration cannot be read. */
export function readModelShape(folder: string, parameters: number): ModelShape | null {
  try {
    const read = HuggingFaceConfig.parse(JSON.parse(readFileSync(join(folder, "config.json"), "utf8")));
    const heads = read.num_attention_heads;
    const size = read.head_dim ?? read.hidden_size / heads;
    return {
      parameters,
      layers: read.num_hidden_layers,
      hidden: read.hidden_size,
      intermediate: read.intermediate_size,
      queries: heads * size,
      keys: (read.num_key_value_heads ?? heads) * size,
      vocabulary: read.vocab_size,
      normed: NORMED.includes(read.model_type),
    };
  } catch {
    return null;
  }
}
