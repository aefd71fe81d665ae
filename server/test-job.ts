import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type PlayedRun, type TestApp, tenRows, writeFakeAdapter } from "./test-app.ts";

export const resolved = {
  type: "resolved",
  hyperparameters: { n_epochs: 2, batch_size: 5, learning_rate_multiplier: 1, lora_r: 16, warmup_ratio: 0.1 },
  learning_rate: 0.001,
  total_steps: 4,
  examples: 10,
  tokens_per_epoch: 100,
  truncated_examples: 0,
};
export const step = (number: number, more = {}) => ({
  type: "step",
  step: number,
  total_steps: 4,
  train_loss: 2 / number,
  train_mean_token_accuracy: 0.5,
  tokens: 50 * number,
  seconds: number,
  ...more,
});

export function writeCheckpoint(run: PlayedRun, number: number) {
  writeFakeAdapter(join(run.folder, "checkpoints", `step-${number}`));
  const { tokens: _tokens, seconds: _seconds, total_steps: _total, ...metrics } = step(number);
  run.write({ ...metrics, type: "checkpoint", epoch: number, path: `checkpoints/step-${number}` });
}

export function writeFinish(run: PlayedRun) {
  writeFakeAdapter(join(run.folder, "adapter"));
  writeFileSync(join(run.folder, "fidelity.json"), JSON.stringify({ rows: [] }));
  run.write({
    type: "finished",
    adapter: "adapter",
    fidelity: "fidelity.json",
    trained_tokens: 200,
    train_seconds: 4,
    peak_memory_bytes: 1,
  });
}

export function playAll(run: PlayedRun) {
  run.write({ type: "started", pid: 1, resumed_from_step: 0 });
  run.write(resolved);
  for (const number of [1, 2, 3, 4]) {
    run.write(step(number));
    if (number % 2 === 0) writeCheckpoint(run, number);
  }
  writeFinish(run);
  run.end();
}

export async function createJob(app: TestApp, more = {}) {
  const file = await app.json(app.upload(tenRows));
  return app.json(app.post("/v1/fine_tuning/jobs", { model: "tiny-base", training_file: file.id, ...more }));
}

export async function eventsOf(app: TestApp, id: string): Promise<string[]> {
  const { data } = await app.json(app.call(`/v1/fine_tuning/jobs/${id}/events?limit=1000`));
  return data.map((event: { message: string }) => event.message).reverse();
}

export const hasEnded = (job: { status: string }) =>
  ["succeeded", "failed", "cancelled"].includes(job.status);
