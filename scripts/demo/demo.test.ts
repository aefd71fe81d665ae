import assert from "node:assert/strict";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import type { JobEvent } from "../../contract/fine-tuning.ts";
import { isClearlyBetter, renderReport } from "./report.ts";
import { accuracyOf, type HeldOut, isRight, readHeldOut, spread } from "./rows.ts";
import { findPort } from "./server.ts";
import { loopSeconds } from "./train.ts";

const row = (expected: string): HeldOut => ({ system: "Sort.", question: `about ${expected}`, expected });

test("an answer is right when it is the label and nothing else", () => {
  assert.ok(isRight(" Change_PIN\n", "change_pin"));
  assert.ok(!isRight("change_pin, age_limit", "change_pin"));
  assert.ok(!isRight("", "change_pin"));
  assert.equal(accuracyOf([row("a"), row("b"), row("c"), row("d")], ["a", "x", "C"]), 0.5);
});

test("the shown answers are spread over all of them", () => {
  const numbers = Array.from({ length: 300 }, (_, index) => index);
  assert.deepEqual(spread(numbers, 6), [0, 50, 100, 150, 200, 250]);
});

test("clearly better needs both half of the answers and a distance to the base", () => {
  for (const [before, after, expected] of [
    [0.02, 0.8, true],
    [0.2, 0.5, true],
    [0.1, 0.49, false],
    [0.6, 0.85, false],
  ] as const) {
    assert.equal(isClearlyBetter(before, after), expected);
  }
});

test("the shipped held-out rows ask about at least 20 intents, at least 300 times", () => {
  const rows = readHeldOut(join(import.meta.dirname, "..", "..", "examples", "banking77", "held-out.jsonl"));
  assert.ok(rows.length >= 300);
  assert.ok(new Set(rows.map(({ expected }) => expected)).size >= 20);
});

test("a port that is taken is not used", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const address = taken.address();
  assert.ok(typeof address === "object" && address);
  assert.notEqual(await findPort("127.0.0.1", address.port), address.port);
  await new Promise((resolve) => taken.close(resolve));
  assert.equal(await findPort("127.0.0.1", address.port), address.port);
});

const step = (at: number): JobEvent => ({
  object: "fine_tuning.job.event",
  id: `ftevent-${at}`,
  created_at: at,
  level: "info",
  message: "",
  type: "metrics",
  data: { step: at },
});

test("the loop's time counts every step, the first one too", () => {
  assert.equal(loopSeconds([step(10), step(12), step(14), step(16)]), 8);
});

test("the report shows both accuracies and what each model said", () => {
  const report = renderReport(
    {
      rows: [row("age_limit"), row("change_pin")],
      base: ["I am\na model", "change_pin"],
      tuned: ["age_limit", "change_pin"],
      trained: { model: "ft:x", seconds: 90, tokens: 12_345, tokensPerSecond: 137.2 },
      secondsAsking: { base: 4, tuned: 1 },
    },
    120,
  );
  assert.match(report, /right of 2 held-out questions +50\.0 % +100\.0 %/);
  assert.match(report, /training time +1 min 30 s/);
  assert.match(report, /about age_limit +age_limit +I am a model +age_limit/);
});
