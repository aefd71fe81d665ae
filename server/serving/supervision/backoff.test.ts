import assert from "node:assert/strict";
import { test } from "node:test";
import { type Failure, failAgain, waitMs } from "./backoff.ts";

function waitsAfter(failures: number, free?: number): number[] {
  let failure: Failure | undefined;
  return Array.from({ length: failures }, () => {
    failure = failAgain(failure, 5_000, free);
    return waitMs(failure, 5_000);
  });
}

test("each failure in a row waits twice as long, up to a minute", () => {
  assert.deepEqual(waitsAfter(8), [1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000]);
});

test("the free ones do not wait", () => {
  assert.deepEqual(waitsAfter(3, 1), [0, 1000, 2000]);
});

test("a wait is over when its time has come", () => {
  assert.equal(waitMs(failAgain(undefined, 5_000), 6_000), 0);
  assert.equal(waitMs(undefined, 0), 0);
});
