import assert from "node:assert/strict";
import { test } from "node:test";
import type { FineTuningJob } from "../../../contract/fine-tuning.ts";
import type { UsageResult } from "../../../contract/usage.ts";
import { daysLeft, daysOf, isWanted, jobsToAsk, thirtyDaysAgo } from "./model-facts.ts";

const NOW = Date.UTC(2026, 10, 26, 14);
// Only the name of a job's model is looked at.
const job = (id: string, model: string | null) => ({ id, fine_tuned_model: model }) as FineTuningJob;

test("days are left until the last day begins, in UTC", () => {
  assert.deepEqual(
    [null, "2026-11-27", "2026-12-26", "2026-11-26"].map((day) => daysLeft(day, NOW)),
    [null, 1, 30, 0],
  );
});

test("a checkpoint's job is among those whose models share its name but for the end", () => {
  const jobs = [
    job("1", "ft:tiny:me:bakery:aaaaaaaa"),
    job("2", "ft:tiny:me:mail:bbbbbbbb"),
    job("3", null),
    job("4", "ft:tiny:me:bakery:cccccccc"),
  ];
  const idsOf = (model: string) => jobsToAsk(model, jobs).map(({ id }) => id);
  assert.deepEqual(idsOf("ft:tiny:me:mail:bbbbbbbb"), ["2"]);
  assert.deepEqual(idsOf("ft:tiny:me:bakery:dddddddd:ckpt-step-24"), ["1", "4"]);
  assert.deepEqual(idsOf("tiny"), []);
});

test("models are found by name and by kind", () => {
  const wanted = (text: string, kind: string) =>
    ["tiny", "ft:tiny:me::aaaaaaaa"].filter((id) => isWanted(id, text, kind));
  assert.deepEqual(wanted("TINY", ""), ["tiny", "ft:tiny:me::aaaaaaaa"]);
  assert.deepEqual(wanted("", "tuned"), ["ft:tiny:me::aaaaaaaa"]);
  assert.deepEqual(wanted("", "base"), ["tiny"]);
});

test("thirty days end with today", () => {
  assert.equal(thirtyDaysAgo(NOW), Date.UTC(2026, 9, 28) / 1000);
});

test("days on which nobody asked are empty, not left out", () => {
  const start = thirtyDaysAgo(NOW);
  const result = { num_model_requests: 2, input_tokens: 5, output_tokens: 3 } as UsageResult;
  const last = start + 29 * 86_400;
  const days = daysOf(
    [{ object: "bucket", start_time: last, end_time: last + 86_400, results: [result] }],
    start,
  );
  assert.equal(days.length, 30);
  assert.deepEqual(days[0], { at: start, requests: 0, tokens: 0 });
  assert.deepEqual(days.at(-1), { at: last, requests: 2, tokens: 8 });
});
