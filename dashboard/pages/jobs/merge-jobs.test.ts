import assert from "node:assert/strict";
import { test } from "node:test";
import type { FineTuningJob } from "../../../contract/fine-tuning.ts";
import { hasGap, mergeJobs } from "./merge-jobs.ts";

const job = (id: string, status: FineTuningJob["status"] = "running") => ({ id, status }) as FineTuningJob;
const shown = (jobs: readonly FineTuningJob[]) => jobs.map(({ id, status }) => `${id} ${status}`);

test("jobs that came since stand first, those that are known keep their places and are shown as they are now", () => {
  const pages = [job("c"), job("b"), job("a")];
  const live = { newest: [job("e"), job("d"), job("c", "failed")], others: [job("a", "succeeded")] };
  assert.deepEqual(shown(mergeJobs(pages, live)), [
    "e running",
    "d running",
    "c failed",
    "b running",
    "a succeeded",
  ]);
});

test("nothing live changes nothing", () => {
  assert.deepEqual(mergeJobs([job("a")], { newest: [], others: [] }), [job("a")]);
});

test("jobs are missing where a full answer of the newest does not reach those that were read", () => {
  const pages = [job("b"), job("a")];
  assert.equal(hasGap(pages, { newest: [job("e"), job("d")], others: [] }, 2), true);
  assert.equal(hasGap(pages, { newest: [job("c"), job("b")], others: [] }, 2), false);
  assert.equal(hasGap([], { newest: [job("e"), job("d")], others: [] }, 2), false);
  assert.equal(hasGap([], { newest: [], others: [] }, 2), false);
});
