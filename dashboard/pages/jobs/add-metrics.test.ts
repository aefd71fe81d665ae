import assert from "node:assert/strict";
import { test } from "node:test";
import type { JobMetrics } from "../../../contract/job-metrics.ts";
import { addMetrics } from "./add-metrics.ts";

const page = (step: number[], metrics: JobMetrics["metrics"]): JobMetrics => ({
  object: "fine_tuning.job.metrics",
  job_id: "ftjob-1",
  total_steps: 9,
  step,
  created_at: step.map((one) => 1_700_000_000 + one),
  metrics,
  last: step.at(-1) ?? 0,
  has_more: false,
});

test("later steps are put behind the known ones; a metric that one of them lacks is empty there", () => {
  const all = addMetrics(
    page([1, 2], { train_loss: [2, 1] }),
    page([3], { train_loss: [0.5], valid_loss: [0.7] }),
  );
  assert.deepEqual(all.step, [1, 2, 3]);
  assert.deepEqual(all.metrics, { train_loss: [2, 1, 0.5], valid_loss: [null, null, 0.7] });
  assert.equal(all.last, 3);
});

test("nothing new leaves what is known as it is, so that nothing is drawn again", () => {
  const known = page([1], { train_loss: [2] });
  assert.equal(addMetrics(known, { ...page([], {}), last: 1 }), known);
});
