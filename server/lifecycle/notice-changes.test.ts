import assert from "node:assert/strict";
import { test } from "node:test";
import { startOf } from "./day.ts";
import { at, createTelling, entriesOf, lines, type People } from "./fixtures/telling.ts";
import { freshEvents } from "./fresh-events.ts";

const base = "old-base";
const model = {
  id: base,
  announced_at: "2027-01-01",
  shutdown_at: "2027-06-01",
  tuned_models: "keep_serving",
};
const caller: People = { ann: { calls: [base] } };
const stages = [
  { date: "2026-05-07", who: "never_tuned" },
  { date: "2026-07-02", who: { inactive: { days: 60 } } },
  { date: "2027-01-06", who: "everyone" },
];
const withdrawn = entriesOf({});
const movedTo = (shutdown_at: string) => entriesOf({ models: [{ ...model, shutdown_at }] });

test("a date that is moved or called off is told once to those who had been told, and its days begin anew", () => {
  const telling = createTelling();
  const told = (day: string, entries = movedTo("2027-06-01"), people = caller) =>
    telling
      .tick(entries, people, at(day))
      .map(({ kind, date, previousDate }) => [kind, date, previousDate ?? ""].join(" ").trim());
  assert.deepEqual(told("2027-04-20"), ["announcement 2027-06-01"]);
  const later = movedTo("2027-09-01");
  assert.deepEqual(told("2027-04-21", later, { ...caller, new: {} }), ["moved 2027-09-01 2027-06-01"]);
  assert.deepEqual(told("2027-04-21", later), []);
  assert.deepEqual(told("2027-06-03", later), ["reminder 2027-09-01"]);
  assert.deepEqual(told("2027-06-04", withdrawn), ["withdrawn 2027-09-01"]);
  assert.deepEqual(told("2027-06-04", withdrawn), []);
  assert.deepEqual(told("2027-06-05", later), ["announcement 2027-09-01"], "it was taken back");
  assert.deepEqual(told("2027-07-03", later), ["reminder 2027-09-01"]);
});

test("who was told hears that the date is off even if it would not hit any more; who was not told hears nothing", () => {
  const telling = createTelling();
  telling.tick(movedTo("2027-06-01"), caller, at("2027-04-20"));
  const due = telling.tick(withdrawn, { ann: {}, bob: { calls: [base] } }, at("2027-04-21"));
  assert.deepEqual(lines(due), ["ann: withdrawn shutdown 2027-06-01"]);
});

test("what had come is told to be off for a month, and then is history", () => {
  const told = (day: string, entries: typeof withdrawn) => {
    const telling = createTelling();
    telling.tick(movedTo("2027-06-01"), caller, at("2027-05-31"));
    return lines(telling.tick(entries, caller, at(day)));
  };
  assert.deepEqual(told("2027-06-30", withdrawn), ["ann: withdrawn shutdown 2027-06-01"]);
  assert.deepEqual(told("2027-06-30", movedTo("2027-09-01")), ["ann: moved shutdown 2027-09-01"]);
  assert.deepEqual(told("2027-07-01", withdrawn), []);
  assert.deepEqual(told("2027-07-01", movedTo("2027-09-01")), ["ann: announcement shutdown 2027-09-01"]);
});

test("a stage that moves is the same stage; an exception that moves is the project's own", () => {
  const telling = createTelling();
  const withDates = (last: string, until: string) =>
    entriesOf({
      policies: [
        {
          name: "end",
          stages: [...stages.slice(0, 2), { date: last, who: "everyone" }],
          exceptions: [{ project: "held", until, reason: "x" }],
        },
      ],
    });
  const people: People = {
    held: {},
    active: { firstJob: "2025-01-01", usesSince: "2025-02-01", lastUse: "2026-09-04" },
  };
  telling.tick(withDates("2027-01-06", "2026-10-01"), people, at("2026-09-05"));
  const due = telling.tick(withDates("2027-02-06", "2026-12-01"), people, at("2026-09-06"));
  assert.deepEqual(lines(due).sort(), [
    "active: moved policy_stage 2027-02-06",
    "held: moved exception_end 2026-12-01",
    "held: moved policy_stage 2027-02-06",
  ]);
  const gone = entriesOf({ policies: [{ name: "end", stages }] });
  assert.deepEqual(lines(telling.tick(gone, { held: {} }, at("2026-09-07"))).sort(), [
    "active: moved policy_stage 2027-01-06",
    "held: moved policy_stage 2027-01-06",
    "held: withdrawn exception_end 2026-12-01",
  ]);
});

test("what took effect at once is announced although it is past, but not what was past long before", () => {
  const value = (shutdown_at: string) => JSON.stringify({ ...model, shutdown_at });
  const change = { at: startOf("2027-06-10"), touched: [] };
  const added = { kind: "model" as const, name: base, before: null, after: value("2027-06-01") };
  const same = { ...added, before: value("2027-06-01") };
  const tick = (touched: readonly (typeof added | typeof same)[]) =>
    createTelling().tick(movedTo("2027-06-01"), caller, {
      ...at("2027-06-10", 60),
      isFresh: freshEvents([{ ...change, touched }]),
    });
  assert.deepEqual(lines(tick([added])), ["ann: announcement shutdown 2027-06-01"]);
  assert.deepEqual(tick([same]), []);
  assert.deepEqual(tick([]), []);
});
