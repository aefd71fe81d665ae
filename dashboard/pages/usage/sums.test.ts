import assert from "node:assert/strict";
import { test } from "node:test";
import type { UsageBucket, UsageResult } from "../../../contract/usage.ts";
import { linesOf, startsOf, together, totals } from "./sums.ts";

const result = (model: string, requests: number): UsageResult => ({
  object: "organization.usage.completions.result",
  input_tokens: requests * 10,
  input_cached_tokens: requests,
  output_tokens: requests * 2,
  input_audio_tokens: 0,
  output_audio_tokens: 0,
  num_model_requests: requests,
  project_id: null,
  user_id: null,
  api_key_id: null,
  model,
  batch: null,
  service_tier: null,
});
const bucket = (start_time: number, results: UsageResult[]): UsageBucket => ({
  object: "bucket",
  start_time,
  end_time: start_time + 3600,
  results,
});

const starts = [0, 3600, 7200];
const buckets = [
  bucket(3600, [result("a", 1), result("b", 5), result("c", 2)]),
  bucket(7200, [result("a", 2)]),
];

test("the buckets of a range end with that of now", () => {
  const day = startsOf("24h", 100_000);
  assert.equal(day.length, 24);
  assert.equal(day.at(-1), 97_200);
  assert.equal(startsOf("90d", 100 * 86_400).at(0), 11 * 86_400);
});

test("totals are of all buckets, the most first", () => {
  const rows = totals(buckets, "model", "requests");
  assert.deepEqual(
    rows.map(({ name, requests }) => [name, requests]),
    [
      ["b", 5],
      ["a", 3],
      ["c", 2],
    ],
  );
  assert.deepEqual(together(rows), { requests: 10, input: 100, output: 20, cached: 10 });
});

test("a line is 0 where nothing was used", () => {
  const lines = linesOf({ buckets, group: "model", measure: "input", starts, most: 5 });
  assert.deepEqual(lines, [
    { name: "b", values: [0, 50, 0] },
    { name: "a", values: [0, 10, 20] },
    { name: "c", values: [0, 20, 0] },
  ]);
});

test("those that cannot be told apart any more share a line", () => {
  const lines = linesOf({ buckets, group: "model", measure: "requests", starts, most: 2 });
  assert.deepEqual(lines, [
    { name: "b", values: [0, 5, 0] },
    { name: "others", values: [0, 3, 2] },
  ]);
});

test("what was used before the range is in no line", () => {
  const lines = linesOf({ buckets, group: "model", measure: "requests", starts: [7200], most: 5 });
  assert.deepEqual(lines.find(({ name }) => name === "a")?.values, [2]);
});
