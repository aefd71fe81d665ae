import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { durationText, emptyBucket, fits, msToGiveBack, use, usedAt, waitMs } from "./bucket.ts";

const limits = fc.integer({ min: 1, max: 1_000_000_000 });
/** Amounts as parts of a limit, after pauses. */
const asks = fc.array(
  fc.record({
    pauseMs: fc.integer({ min: 0, max: 90_000 }),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  { minLength: 1, maxLength: 60 },
);

test("however it is asked, no stretch of time gets more than the limit and what is given back in it", () => {
  fc.assert(
    fc.property(limits, asks, (limit, all) => {
      let bucket = emptyBucket;
      let now = 0;
      const granted: { at: number; amount: number }[] = [];
      for (const { pauseMs, part } of all) {
        now += pauseMs;
        const amount = Math.ceil(part * limit);
        if (!fits(usedAt(bucket, limit, now), amount, limit)) continue;
        bucket = use(bucket, amount, limit, now);
        granted.push({ at: now, amount });
      }
      for (const [index, first] of granted.entries()) {
        let sum = 0;
        for (const { at, amount } of granted.slice(index)) {
          sum += amount;
          assert.ok(sum <= (limit + (limit * (at - first.at)) / 60_000) * (1 + 1e-6));
        }
      }
    }),
  );
});

test("what is refused fits after the time that the refusal names, and not well before", () => {
  fc.assert(
    fc.property(limits, asks, (limit, all) => {
      let bucket = emptyBucket;
      let now = 0;
      for (const { pauseMs, part } of all) {
        now += pauseMs;
        const amount = Math.ceil(part * limit);
        const used = usedAt(bucket, limit, now);
        if (fits(used, amount, limit)) bucket = use(bucket, amount, limit, now);
        else {
          const wait = waitMs(used, amount, limit);
          assert.ok(fits(usedAt(bucket, limit, now + wait), amount, limit));
          assert.ok(wait < 1 || !fits(usedAt(bucket, limit, now + wait - 1.001), amount, limit));
        }
      }
    }),
  );
});

test("a correction leaves what would have been used without the estimate, at the same moment", () => {
  const amounts = fc.integer({ min: 0, max: 1000 });
  fc.assert(
    fc.property(amounts, amounts, fc.integer({ min: 1000, max: 100_000 }), (estimate, actual, limit) => {
      const estimated = use(use(emptyBucket, 500, limit, 0), estimate, limit, 0);
      const corrected = use(estimated, actual - estimate, limit, 0);
      assert.equal(corrected.used, 500 + actual);
    }),
  );
});

test("everything is back when the reset says so", () => {
  fc.assert(
    fc.property(limits, fc.double({ min: 0, max: 3, noNaN: true }), (limit, part) => {
      const used = part * limit;
      const reset = msToGiveBack(used, limit);
      assert.ok(usedAt({ used, atMs: 0 }, limit, reset) <= limit * 1e-6);
    }),
  );
});

test("more than a limit never fits", () => {
  assert.equal(waitMs(0, 4, 3), Number.POSITIVE_INFINITY);
  assert.equal(fits(0, 4, 3), false);
  assert.equal(waitMs(3, 1, 3), 20_000);
});

test("durations are written as OpenAI writes them", () => {
  const cases: [number, string][] = [
    [0, "0s"],
    [20, "20ms"],
    [999, "999ms"],
    [1000, "1s"],
    [8640, "8.64s"],
    [59_999, "59.999s"],
    [60_000, "1m0s"],
    [90_951, "1m30.951s"],
    [360_000, "6m0s"],
    [3_600_000, "1h0m0s"],
    [5_401_000, "1h30m1s"],
  ];
  for (const [ms, text] of cases) assert.equal(durationText(ms), text);
});
