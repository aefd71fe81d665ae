import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { dayOf, daysLeft, hasCome, isOver, isWithin, startOf } from "./dates.ts";
import { leftWords, whatWords } from "./words.ts";

const at = (moment: string) => Date.parse(moment) / 1000;

test("days are counted from the beginning of today to that of the day", () => {
  const cases: [string, number, string][] = [
    ["2027-01-13T23:59:59Z", 1, "1 day"],
    ["2027-01-14T00:00:00Z", 0, "today"],
    ["2027-01-14T23:59:59Z", 0, "today"],
    ["2027-01-15T00:00:00Z", -1, "1 day ago"],
    ["2026-11-26T12:00:00Z", 49, "49 days"],
  ];
  for (const [now, left, words] of cases) {
    assert.equal(daysLeft("2027-01-14", at(now)), left);
    assert.equal(leftWords("2027-01-14", at(now)), words);
  }
});

test("a day has come exactly from its first second on", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), (now) => {
      const today = dayOf(now);
      assert.ok(hasCome(today, now));
      assert.equal(hasCome(today, startOf(today) - 1), false);
      assert.equal(daysLeft(today, now), 0);
    }),
  );
});

test("a month and a year begin on their first day", () => {
  assert.equal(startOf("2025-04"), at("2025-04-01T00:00:00Z"));
  assert.equal(startOf("2024"), at("2024-01-01T00:00:00Z"));
});

const entry = (...days: string[]) => ({
  dates: days.map((date) => ({ what: "shutdown" as const, date, note: null })),
});

test("an entry is over with its last day, and within a range by any of them", () => {
  const evals = entry("2026-10-31", "2026-11-30");
  assert.equal(isOver(evals, at("2026-11-29T23:59:59Z")), false);
  assert.ok(isOver(evals, at("2026-11-30T00:00:00Z")));
  assert.ok(isWithin(evals, "2026-11-30", undefined));
  assert.ok(isWithin(evals, undefined, "2026-10-31"));
  assert.ok(isWithin(evals, "2026-10-31", "2026-10-31"));
  assert.equal(isWithin(evals, "2026-11-01", "2026-11-29"), false);
});

test("what happens is said with its note", () => {
  assert.equal(whatWords({ what: "shutdown", note: null }), "shut down");
  assert.equal(
    whatWords({ what: "training_ends", note: "no earlier than" }),
    "training ends (no earlier than)",
  );
  assert.equal(
    whatWords({ what: "stage", note: "for organizations that never tuned" }),
    "for organizations that never tuned",
  );
  assert.equal(whatWords({ what: "stage", note: null }), "next stage");
});
