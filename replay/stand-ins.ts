import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JournalEvent } from "../contract/training.ts";
import type { Serving } from "../server/assemble.ts";
import type { Base } from "../server/models/bases.ts";
import type { Trainer } from "../server/training/trainer-process.ts";

/** The replay is about dates: its trainer is done at once, and its engine says one word. */

const metrics = { train_loss: 0.5, train_mean_token_accuracy: 0.9 };
const events: readonly JournalEvent[] = [
  { type: "started", time: 0, pid: process.pid, resumed_from_step: 0 },
  {
    type: "resolved",
    time: 0,
    hyperparameters: { n_epochs: 1, batch_size: 10, learning_rate_multiplier: 1 },
    learning_rate: 1e-3,
    total_steps: 1,
    examples: 10,
    tokens_per_epoch: 100,
    truncated_examples: 0,
    truncated_tokens: 0,
  },
  { type: "step", time: 0, step: 1, total_steps: 1, tokens: 100, seconds: 1, ...metrics },
  {
    type: "finished",
    time: 0,
    adapter: "adapter",
    fidelity: "fidelity.json",
    trained_tokens: 100,
    train_seconds: 1,
    peak_memory_bytes: 1,
  },
];

function writeRun(folder: string): void {
  const adapter = join(folder, "adapter");
  mkdirSync(adapter, { recursive: true });
  writeFileSync(join(adapter, "adapter_config.json"), JSON.stringify({ r: 16, lora_alpha: 32 }));
  for (const name of ["adapter_model.safetensors", "adapter.gguf"]) writeFileSync(join(adapter, name), "");
  writeFileSync(join(folder, "fidelity.json"), JSON.stringify({ rows: [] }));
  writeFileSync(join(folder, "lock"), "");
  for (const event of events) appendFileSync(join(folder, "journal.jsonl"), `${JSON.stringify(event)}\n`);
}

export const instantTrainer: Trainer = {
  start(folder) {
    writeRun(folder);
    const nothing = async () => {};
    return { ended: Promise.resolve("exit code 0"), pid: () => null, stop: nothing, kill: nothing };
  },
  findRunning: async () => null,
};

const completion = {
  choices: [{ finish_reason: "stop", message: { role: "assistant", content: "yes" } }],
  usage: { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 },
};

async function* once(text: string) {
  yield Buffer.from(text);
}

export const createStandInServing = (): Serving => ({
  chat: async () => ({ status: 200, body: once(JSON.stringify(completion)) }),
  checkFidelity: async () => ({ passes: true, summary: "Not measured in a replay", figures: {} }),
  removeAdapter: async () => {},
  describe: async () => [],
  [Symbol.asyncDispose]: async () => {},
});

export const standInBase = (id: string): Base => ({
  id,
  gguf: "",
  hf: "",
  contextLength: 128_000,
  parameters: 1,
  createdAt: Date.parse("2025-04-14T00:00:00Z") / 1000,
});
