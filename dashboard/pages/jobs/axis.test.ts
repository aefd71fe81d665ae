import assert from "node:assert/strict";
import { test } from "node:test";
import type { JobMetrics } from "../../../contract/job-metrics.ts";
import { axisIn, placesOf } from "./axis.ts";

const metrics = (created_at: number[], tokens?: (number | null)[]): JobMetrics => ({
  object: "fine_tuning.job.metrics",
  job_id: "j",
  total_steps: null,
  step: created_at.map((_, index) => index + 1),
  created_at,
  metrics: tokens ? { tokens } : {},
  last: 1,
  has_more: false,
});

test("time counts from a job's own first step, so that jobs of different days lie over each other", () => {
  assert.deepEqual(placesOf(metrics([1000, 1002, 1007]), "time"), [0, 2, 7]);
  assert.deepEqual(placesOf(metrics([5000, 5002, 5007]), "time"), [0, 2, 7]);
});

test("steps of one second have places of their own, in their order", () => {
  assert.deepEqual(placesOf(metrics([1000, 1000, 1000, 1000, 1001]), "time"), [0, 0.25, 0.5, 0.75, 1]);
});

test("tokens are those of the data seen so far; where a step does not tell, there is no such axis", () => {
  assert.deepEqual(placesOf(metrics([1, 2], [50, 100]), "tokens"), [50, 100]);
  assert.equal(placesOf(metrics([1, 2], [null, 100]), "tokens"), null);
  assert.equal(placesOf(metrics([1, 2]), "tokens"), null);
});

test("an unknown axis in an address is the steps", () => {
  assert.deepEqual(["time", "tokens", "step", "", "x"].map(axisIn), [
    "time",
    "tokens",
    "step",
    "step",
    "step",
  ]);
});
