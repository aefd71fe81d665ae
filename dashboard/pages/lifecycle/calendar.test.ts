import assert from "node:assert/strict";
import { test } from "node:test";
import { Deprecation } from "../../../contract/deprecations.ts";
import { found, isOver, nextDay } from "./calendar.ts";

const TODAY = "2026-11-26";
const entry = (subject: string, days: readonly string[], aliases: readonly string[] = []) =>
  Deprecation.parse({
    id: subject,
    object: "deprecation",
    vendor: "openai",
    kind: "model",
    subject,
    state: "announced",
    announced_at: null,
    dates: days.map((date) => ({ what: "shutdown", date })),
    earlier_dates: [],
    matches: { names: [subject], aliases },
    successor: null,
    message: null,
    perennial: null,
    certainty: null,
    source: null,
    url: null,
    updated_at: 0,
  });

const old = entry("old-1", ["2024-01-04"]);
const near = entry("near-1", ["2026-11-01", "2027-01-14"], ["near"]);
const far = entry("far-1", ["2028-01-01"]);
const all = [far, old, near];
const idsOf = (text: string, withOver = false) =>
  found(all, { text, withOver, today: TODAY }).map(({ id }) => id);

test("an entry's day is the next one ahead, and its last when all are over", () => {
  assert.deepEqual(
    [old, near, far].map((one) => nextDay(one, TODAY)),
    ["2024-01-04", "2027-01-14", "2028-01-01"],
  );
  assert.ok(isOver(entry("today", [TODAY]), TODAY));
});

test("what is over is left out unless asked for, and what comes first is first", () => {
  assert.deepEqual(idsOf(""), ["near-1", "far-1"]);
  assert.deepEqual(idsOf("", true), ["old-1", "near-1", "far-1"]);
});

test("an entry is found by every word, in any order and case, also by its aliases", () => {
  assert.deepEqual(idsOf("1 FAR"), ["far-1"]);
  assert.deepEqual(idsOf("near "), ["near-1"]);
  assert.deepEqual(idsOf("near far"), []);
});
