import assert from "node:assert/strict";
import { test } from "node:test";
import { ago, byteSize, clock, duration, printable } from "./words.ts";

const NOW = 1_800_000_000;

test("times are told by how long ago they were", () => {
  for (const [seconds, expected] of [
    [-5, "just now"],
    [9, "just now"],
    [59, "59 s ago"],
    [60, "1 min ago"],
    [3600, "1 h ago"],
    [86_400, "24 h ago"],
    [3 * 86_400, "3 days ago"],
    [90 * 86_400, "2026-10-17"],
  ] as const) {
    assert.equal(ago(NOW - seconds, NOW), expected);
  }
});

test("durations and sizes have the unit that fits", () => {
  assert.deepEqual([0.4, 59.4, 60, 3599, 3600, -3].map(duration), [
    "0 s",
    "59 s",
    "1 min 00 s",
    "59 min 59 s",
    "1 h 00 min",
    "0 s",
  ]);
  assert.deepEqual([0, 999, 1000, 12_345, 512e6].map(byteSize), [
    "0 B",
    "999 B",
    "1.0 kB",
    "12 kB",
    "512 MB",
  ]);
});

test("a countdown is as short as it can be", () => {
  assert.deepEqual([-1, 9, 80, 3599, 3800].map(clock), ["0:00", "0:09", "1:20", "59:59", "1:03:20"]);
});

test("a name cannot give the terminal orders", () => {
  assert.equal(printable("a\u001b[2Jb\rc\u009bd\n\te"), "a[2Jbcd\n\te");
});
