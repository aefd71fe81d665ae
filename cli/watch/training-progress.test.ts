import assert from "node:assert/strict";
import { test } from "node:test";
import type { JobEvent } from "../../contract/fine-tuning.ts";
import { advance, describeProgress, secondsLeft, type TrainingProgress } from "./training-progress.ts";

const event = (at: number, data: JobEvent["data"], type: JobEvent["type"] = "metrics"): JobEvent => ({
  object: "fine_tuning.job.event",
  id: `ftevent-${at}`,
  created_at: at,
  level: "info",
  message: "",
  type,
  data,
});

const step = (number: number, at: number, more = {}) =>
  event(at, { step: number, total_steps: 100, train_loss: 1.5, ...more });

const after = (...events: JobEvent[]): TrainingProgress | null =>
  events.reduce<TrainingProgress | null>(advance, null);

test("messages and metrics of another kind say nothing of progress", () => {
  assert.equal(after(event(1, null, "message"), event(2, { train_mean_reward: 0.5 })), null);
});

test("the last validation loss is kept until there is a new one", () => {
  assert.equal(after(step(1, 0, { valid_loss: 2 }), step(2, 1))?.validLoss, 2);
  assert.equal(after(step(1, 0, { valid_loss: 2 }), step(2, 1, { full_valid_loss: 1.8 }))?.validLoss, 1.8);
});

test("time left is the server's estimate where there is one, else by the rate of steps", () => {
  const progress = after(step(10, 1000), step(20, 1010));
  assert.ok(progress);
  assert.equal(secondsLeft(progress, 1100, 1040), 60);
  assert.equal(secondsLeft(progress, 1000, 1040), 0);
  assert.equal(secondsLeft(progress, null, 1010), 80);
  assert.equal(secondsLeft(progress, null, 1030), 60);
});

test("after one step it is too early to say, after the last there is nothing left", () => {
  const first = after(step(1, 1000));
  const last = after(step(99, 1000), step(100, 1001));
  assert.ok(first && last);
  assert.equal(secondsLeft(first, null, 1000), null);
  assert.equal(secondsLeft(last, 2000, 1002), 0);
});

test("progress is told in one line", () => {
  const progress = after(step(30, 0, { valid_loss: 1.25, tokens_per_second: 1316.4 }));
  assert.ok(progress);
  assert.equal(
    describeProgress(progress, 80),
    "step 30/100 · loss 1.50 · valid 1.25 · 1,316 tok/s · 1:20 left",
  );
  const bare = after(step(30, 0));
  assert.ok(bare);
  assert.equal(describeProgress(bare, null), "step 30/100 · loss 1.50");
});
