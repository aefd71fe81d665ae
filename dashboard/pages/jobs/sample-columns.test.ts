import assert from "node:assert/strict";
import { test } from "node:test";
import type { FineTuningJob, JobCheckpoint } from "../../../contract/fine-tuning.ts";
import { columnsOf } from "./sample-columns.ts";

const checkpoint = (step: number, more: Partial<JobCheckpoint> = {}): JobCheckpoint => ({
  object: "fine_tuning.job.checkpoint",
  id: `c${step}`,
  created_at: 1,
  fine_tuned_model_checkpoint: `ft:ckpt-step-${step}`,
  fine_tuning_job_id: "j",
  step_number: step,
  metrics: { step, train_loss: 1, train_mean_token_accuracy: 1 },
  is_model: false,
  is_deleted: false,
  ...more,
});
const columns = (fine_tuned_model: string | null, checkpoints: readonly JobCheckpoint[]) =>
  columnsOf({ model: "base", fine_tuned_model } as FineTuningJob, checkpoints).map(({ key, title }) => [
    key,
    title,
  ]);

test("base, checkpoints in their order and the model; a deleted one is left out", () => {
  assert.deepEqual(
    columns("ft:m", [checkpoint(9, { is_model: true }), checkpoint(6), checkpoint(3, { is_deleted: true })]),
    [
      ["base", "Before tuning"],
      ["c6", "Step 6"],
      ["c9", "The model (step 9)"],
    ],
  );
});

test("a checkpoint that became the model keeps its answers", () => {
  assert.deepEqual(
    columns("ft:m", [checkpoint(9), checkpoint(6, { is_model: true })]).map(([key]) => key),
    ["base", "c9", "c6"],
  );
});

test("a job that still runs has its checkpoints, and no model", () => {
  assert.deepEqual(
    columns(null, [checkpoint(3)]).map(([key]) => key),
    ["base", "c3"],
  );
});
