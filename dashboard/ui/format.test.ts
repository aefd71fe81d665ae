import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, duration, figure, onAxis, onScale, utc } from "./format.ts";

test("sizes have a unit and at most one decimal", () => {
  assert.deepEqual([0, 999, 1_536, 150_000, 2_500_000_000].map(bytes), [
    "0 B",
    "999 B",
    "1.5 KB",
    "150 KB",
    "2.5 GB",
  ]);
});

test("durations name the two largest units", () => {
  assert.deepEqual([0, 45, 60, 185, 7_800, 356_400].map(duration), [
    "0 s",
    "45 s",
    "1 min",
    "3 min 5 s",
    "2 h 10 min",
    "4 d 3 h",
  ]);
});

test("figures keep what matters of them", () => {
  assert.deepEqual([12.3456, 0.000123456, 123456.7].map(figure), ["12.35", "0.0001235", "123,457"]);
});

test("marks on a scale take six signs at most", () => {
  assert.deepEqual([0, 0.25, 4_500, 60_000, 1_250_000].map(onScale), ["0", "0.25", "4,500", "60K", "1.25M"]);
});

test("times in UTC say so", () => {
  assert.equal(utc(1_795_698_300), "2026-11-26 13:05 UTC");
});

test("marks of an axis are times of day, and days where one begins or that are days apart", () => {
  const at = (...when: [number, number, number, number, number]) => new Date(...when).getTime() / 1000;
  assert.match(onAxis(at(2026, 10, 26, 13, 30), 1800), /30/);
  assert.match(onAxis(at(2026, 10, 26, 0, 0), 1800), /Nov/);
  assert.match(onAxis(at(2026, 10, 26, 13, 0), 86_400), /Nov/);
});
