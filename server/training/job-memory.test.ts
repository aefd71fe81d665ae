import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { JobRow } from "../fine-tuning/job-store.ts";
import type { Base } from "../models/bases.ts";
import { jobMemory, leastMemory } from "./job-memory.ts";

const config = {
  ...{ num_hidden_layers: 30, hidden_size: 576, intermediate_size: 1536 },
  ...{ num_attention_heads: 9, num_key_value_heads: 3, vocab_size: 49_152 },
};

function setUp() {
  const folder = mkdtempSync(join(tmpdir(), "perennial-memory-"));
  const hf = join(folder, "hf");
  mkdirSync(hf);
  writeFileSync(join(hf, "config.json"), JSON.stringify(config));
  const base: Base = { id: "b", gguf: "", hf, contextLength: 8192, parameters: 134_515_008, createdAt: 0 };
  const file = join(folder, "train.jsonl");
  return {
    base,
    file,
    write: (bytes: number) => writeFileSync(file, "x".repeat(bytes)),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

const job = (more: object = {}): Pick<JobRow, "hyperparameters"> => ({
  hyperparameters: JSON.stringify({
    n_epochs: "auto",
    batch_size: "auto",
    learning_rate_multiplier: "auto",
    ...more,
  }),
});

test("a job needs no more than a full token budget, and less where its file is small", () => {
  using given = setUp();
  const need = (bytes: number, more?: object) => {
    given.write(bytes);
    return jobMemory(job(more), given.base, given.file, "cpu") ?? 0;
  };
  const [tiny, small, full] = [need(300), need(3000), need(30_000)];
  assert.ok(tiny < small && small < full);
  assert.ok(tiny > (leastMemory(given.base, "cpu") ?? 0));
  // Beyond the budget only the data itself grows.
  assert.ok(need(3_000_000) - full < 0.06e9);
  assert.ok(need(30_000, { lora_r: 64 }) > full);
  assert.ok(need(30_000, { lora_target_modules: ["q_proj"] }) < full);
  assert.ok(full > 3.5e9 && full < 4.2e9);
});

test("of a base whose configuration cannot be read nothing is known", () => {
  using given = setUp();
  rmSync(join(given.base.hf, "config.json"));
  assert.equal(jobMemory(job(), given.base, given.file, "cpu"), null);
  assert.equal(leastMemory(given.base, "cpu"), null);
});

test("on a GPU a job takes little of the machine's memory, whatever its base", () => {
  using given = setUp();
  const large = { ...given.base, parameters: 8e9 };
  given.write(3_000_000);
  const need = jobMemory(job(), large, given.file, "gpu") ?? 0;
  assert.equal(need, (leastMemory(large, "gpu") ?? 0) + 48_000_000);
  assert.ok(need < 5e9 && (jobMemory(job(), large, given.file, "cpu") ?? 0) > 30e9);
});
