import assert from "node:assert/strict";
import { test } from "node:test";
import { Deprecation } from "../../../contract/deprecations.ts";
import { type Mark, marksOfCalendar, placeOf, rowsOf, spanOf, stretchesOf, ticksOf } from "./marks.ts";

const NOW = Date.parse("2026-11-26T00:00:00Z");
const mark = (date: string, rest: Partial<Mark> = {}): Mark => ({
  date,
  what: "shutdown",
  subject: "tiny-base",
  who: null,
  note: null,
  hit: null,
  ...rest,
});

test("a key that is not the operator's sees the announcement and the dates of the public calendar", () => {
  const entry = Deprecation.parse({
    id: "own:model:tiny-base",
    object: "deprecation",
    vendor: "own",
    kind: "model",
    subject: "tiny-base",
    state: "announced",
    announced_at: "2026-11-26",
    dates: [
      { what: "training_ends", date: "2027-03-01" },
      { what: "tuned_shutdown", date: "2027-11-28" },
    ],
    earlier_dates: [],
    matches: {},
    successor: null,
    message: null,
    perennial: null,
    certainty: null,
    source: null,
    url: null,
    updated_at: 0,
  });
  assert.deepEqual(
    marksOfCalendar([entry]).map(({ date, what }) => [date, what]),
    [
      ["2026-11-26", "deprecation"],
      ["2027-03-01", "training_end"],
      ["2027-11-28", "tuned_models_shutdown"],
    ],
  );
});

test("the time line holds today and every date, none at its edge", () => {
  const span = spanOf(["2027-06-01", "2026-01-01"], NOW);
  for (const day of ["2026-01-01", "2026-11-26", "2027-06-01"]) {
    const place = placeOf(Date.parse(day), span);
    assert.ok(place > 1 && place < 99, `${day} is at ${place}`);
  }
});

test("with no date at all the time line is the two weeks around today", () => {
  assert.equal(placeOf(NOW, spanOf([], NOW)), 50);
});

test("ticks are first days of months, at most seven, from a week to centuries", () => {
  for (const last of ["2026-12-20", "2027-06-01", "2031-01-01", "2199-12-31"]) {
    const ticks = ticksOf(spanOf([last], NOW));
    assert.ok(ticks.length >= 1 && ticks.length <= 7, `${last}: ${ticks.join(" ")}`);
    assert.ok(ticks.every((day) => day.endsWith("-01")));
  }
});

test("ticks of a year and a half are every three months", () => {
  const span = { from: Date.parse("2026-11-01"), to: Date.parse("2028-02-15") };
  assert.deepEqual(ticksOf(span), ["2027-01-01", "2027-04-01", "2027-07-01", "2027-10-01", "2028-01-01"]);
});

test("each subject has one row", () => {
  const rows = rowsOf([mark("2027-01-01"), mark("2027-02-01", { subject: "other" }), mark("2027-03-01")]);
  assert.deepEqual(
    rows.map(({ subject, marks }) => [subject, marks.length]),
    [
      ["tiny-base", 2],
      ["other", 1],
    ],
  );
});

test("a line closes step by step, covers the whole width and never opens again", () => {
  const marks = [
    mark("2026-12-01", { what: "deprecation" }),
    mark("2027-03-01"),
    mark("2027-09-01", { what: "exception_end" }),
  ];
  const pieces = stretchesOf(marks, spanOf(["2026-12-01", "2027-09-01"], NOW));
  assert.deepEqual(
    pieces.map(({ look }) => look),
    ["open", "closing", "closed", "closed"],
  );
  assert.equal(pieces.at(-1)?.to, 100);
  for (const [index, { from }] of pieces.entries())
    assert.equal(from, index === 0 ? 0 : pieces[index - 1]?.to);
});

test("a stage for everyone closes a policy's line", () => {
  const pieces = stretchesOf(
    [mark("2027-01-01", { what: "policy_stage", who: "everyone" })],
    spanOf(["2027-01-01"], NOW),
  );
  assert.equal(pieces.at(-1)?.look, "closed");
});
