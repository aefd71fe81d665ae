import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { z } from "zod";
import { LoraTarget } from "../../contract/training.ts";
import { memoryNeed, readModelShape, tokenBudget } from "./memory-need.ts";

const sizes = ["parameters", "layers", "hidden", "intermediate", "queries", "keys", "vocabulary"] as const;
const Case = z.object({
  shape: z.record(z.enum(sizes), z.int()).and(z.looseObject({ normed: z.boolean().optional() })),
  adapter: z.object({
    lora_r: z.int(),
    lora_target_modules: z.union([z.literal("all-linear"), z.array(LoraTarget)]),
  }),
  tokens: z.int(),
  dataset_tokens: z.int(),
  recompute: z.boolean(),
  bytes: z.int(),
});

const fixture = join(import.meta.dirname, "../../contract/fixtures/memory-need.json");

test("memory is what the trainer says too", () => {
  const cases = z.array(Case).parse(JSON.parse(readFileSync(fixture, "utf8")));
  assert.ok(cases.length >= 12);
  for (const { bytes, dataset_tokens: datasetTokens, ...need } of cases) {
    assert.equal(memoryNeed({ ...need, datasetTokens }), bytes);
  }
});

test("a model's shape is read from its configuration; one that cannot be read is unknown", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "perennial-shape-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const config = {
    ...{ num_hidden_layers: 30, hidden_size: 576, intermediate_size: 1536 },
    ...{ num_attention_heads: 9, num_key_value_heads: 3, vocab_size: 49_152 },
  };
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  const shape = readModelShape(folder, 135);
  assert.deepEqual(shape, {
    ...{ parameters: 135, layers: 30, hidden: 576, intermediate: 1536 },
    ...{ queries: 576, keys: 192, vocabulary: 49_152, normed: false },
  });
  assert.equal(shape && tokenBudget(shape), 1664);
  writeFileSync(join(folder, "config.json"), JSON.stringify({ ...config, model_type: "qwen3" }));
  assert.equal(readModelShape(folder, 135)?.normed, true);
  writeFileSync(join(folder, "config.json"), "{}");
  assert.equal(readModelShape(folder, 135), null);
});
