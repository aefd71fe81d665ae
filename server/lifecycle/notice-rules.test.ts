import assert from "node:assert/strict";
import { test } from "node:test";
import { dayOf, startOf } from "./day.ts";
import { at, createTelling, entriesOf, lines, type People } from "./fixtures/telling.ts";
import { lapseStepAt, stepAt } from "./notice-steps.ts";

const DAY = 86_400;
const base = "old-base";
const model = {
  id: base,
  announced_at: "2027-01-01",
  shutdown_at: "2027-06-01",
  tuned_models: "keep_serving",
};
const caller: People = { ann: { calls: [base] } };

/** Every day of a span of time, at 00:00 UTC. */
const days = (from: string, to: string): string[] => {
  const count = (startOf(to) - startOf(from)) / DAY;
  return Array.from({ length: count + 1 }, (_, index) => dayOf(startOf(from) + index * DAY));
};

test("a date's steps begin at 00:00 UTC of their days", () => {
  const date = "2027-06-01";
  const cases = [
    ["2027-01-01", 0, 0],
    ["2027-03-02", 23 * 3600 + 3599, 0],
    ["2027-03-03", 0, 1],
    ["2027-04-02", 0, 2],
    ["2027-05-02", 0, 3],
    ["2027-05-18", 0, 4],
    ["2027-05-25", 0, 5],
    ["2027-05-31", 0, 6],
    ["2027-05-31", DAY - 1, 6],
    ["2027-06-01", 0, 7],
  ] as const;
  for (const [day, seconds, step] of cases) assert.equal(stepAt(date, startOf(day) + seconds), step, day);
  const now = startOf("2027-05-02");
  assert.deepEqual(
    [2, 14, 15, 59, 60, 3650].map((limit) => lapseStepAt(date, limit, now)),
    [0, 0, 0, 0, 3, 3],
  );
});

test("whoever is hit is told on announcement and 90, 60, 30, 14, 7 and 1 days before, once each", () => {
  const telling = createTelling();
  const entries = entriesOf({ models: [model] });
  const told = days("2026-12-01", "2027-07-01").flatMap((day) =>
    telling.tick(entries, caller, at(day)).map(({ kind, topic }) => `${day} ${kind} ${topic.what}`),
  );
  const shutdowns = ["2027-01-01 announcement", ...["2027-03-03", "2027-04-02", "2027-05-02"]];
  const more = ["2027-05-18", "2027-05-25", "2027-05-31"];
  assert.deepEqual(
    told,
    [...shutdowns, ...more].map((line) => `${line.includes(" ") ? line : `${line} reminder`} shutdown`),
  );
});

test("a server that was away tells the last reminder alone, and nothing once the date has come", () => {
  const entries = entriesOf({ models: [model] });
  const telling = createTelling();
  assert.deepEqual(lines(telling.tick(entries, caller, at("2027-01-02"))), [
    "ann: announcement shutdown 2027-06-01",
  ]);
  assert.deepEqual(lines(telling.tick(entries, caller, at("2027-05-20"))), [
    "ann: reminder shutdown 2027-06-01",
  ]);
  assert.deepEqual(telling.tick(entries, caller, at("2027-05-24", DAY - 1)), []);
  assert.deepEqual(telling.tick(entries, caller, at("2027-06-01")), []);
  assert.deepEqual(telling.tick(entries, caller, at("2027-05-20")), [], "a clock that was set back");
});

test("an announcement less than 90 days before stands for the reminders that it is too late for", () => {
  const entries = entriesOf({ models: [model] });
  const telling = createTelling();
  const told = days("2027-04-17", "2027-06-02").flatMap((day) =>
    telling.tick(entries, caller, at(day)).map(({ kind }) => `${day} ${kind}`),
  );
  assert.deepEqual(told, [
    "2027-04-17 announcement",
    "2027-05-02 reminder",
    "2027-05-18 reminder",
    "2027-05-25 reminder",
    "2027-05-31 reminder",
  ]);
});

test("each date is told to those whom it hits, and to nobody else", () => {
  const people: People = {
    caller: { calls: [base] },
    trainer: { trains: [base] },
    owner: { owns: [{ id: "ft:a", base }] },
    stranger: { calls: ["other"], trains: ["other"], owns: [{ id: "ft:b", base: "other" }] },
    nobody: {},
  };
  const all = { id: base, announced_at: "2027-01-01", training_ends_at: "2027-05-01" };
  const entries = entriesOf({
    models: [{ ...all, shutdown_at: "2027-06-01", tuned_models: { days_after: 30 } }],
  });
  const due = createTelling().tick(entries, people, at("2027-01-01"));
  assert.deepEqual(lines(due).sort(), [
    "caller: announcement shutdown 2027-06-01",
    "owner: announcement training_end 2027-05-01",
    "owner: announcement tuned_models_shutdown 2027-07-01",
    "trainer: announcement training_end 2027-05-01",
  ]);
});

test("who begins to use a model that has a date is told of it, whenever that is", () => {
  const entries = entriesOf({ models: [model] });
  const telling = createTelling();
  telling.tick(entries, caller, at("2027-05-10"));
  const people: People = { ...caller, late: { calls: [base] } };
  assert.deepEqual(lines(telling.tick(entries, people, at("2027-05-11"))), [
    "late: announcement shutdown 2027-06-01",
  ]);
});

const stages = [
  { date: "2026-05-07", who: "never_tuned" },
  { date: "2026-07-02", who: { inactive: { days: 60 } } },
  { date: "2027-01-06", who: "everyone" },
];
const policy = entriesOf({ policies: [{ name: "end", stages }] });

test("of a policy's stages everybody is told the first that hits, and the one that is for everyone", () => {
  const people: People = {
    never: {},
    quiet: { firstJob: "2025-01-01", lastUse: "2025-02-01" },
    active: { firstJob: "2025-01-01", lastUse: "2026-05-04" },
  };
  const telling = createTelling();
  assert.deepEqual(lines(telling.tick(policy, people, at("2026-05-05"))).sort(), [
    "active: announcement policy_stage 2027-01-06",
    "never: announcement policy_stage 2026-05-07",
    "never: announcement policy_stage 2027-01-06",
    "quiet: announcement policy_stage 2026-07-02",
    "quiet: announcement policy_stage 2027-01-06",
  ]);
  const told = days("2026-05-06", "2027-01-07").flatMap((day) =>
    telling.tick(policy, { never: {} }, at(day)).map(({ date }) => `${day} ${date}`),
  );
  assert.deepEqual(told, ["2026-05-06 2026-05-07"], "who has lost the right hears no more of it");
});

test("who does what keeps the right is told no more; the last use decides, also after the stage's date", () => {
  const telling = createTelling();
  const use = (lastUse: string): People => ({
    org: { firstJob: "2025-01-01", usesSince: "2026-01-01", lastUse },
  });
  const told = (day: string, people: People) =>
    telling
      .tick(policy, people, at(day))
      .filter(({ date }) => date !== "2027-01-06")
      .map(({ kind, date }) => `${kind} ${date}`);
  assert.deepEqual(told("2026-05-01", use("2026-03-01")), ["announcement 2026-07-02"]);
  assert.deepEqual(told("2026-05-04", use("2026-05-04")), [], "hit later than the stage's date now");
  assert.deepEqual(told("2026-06-02", use("2026-06-01")), []);
  assert.deepEqual(told("2026-06-25", use("2026-06-01")), []);
  assert.deepEqual(told("2026-07-01", use("2026-06-01")), ["reminder 2026-07-31"]);
  assert.deepEqual(told("2026-07-10", use("2026-07-09")), [], "a use puts it off");
  assert.deepEqual(told("2026-08-01", use("2026-07-09")), []);
  assert.deepEqual(told("2026-08-08", use("2026-07-09")), ["reminder 2026-09-07"]);
  assert.deepEqual(told("2026-08-24", use("2026-07-09")), ["reminder 2026-09-07"]);
  assert.deepEqual(told("2026-09-08", use("2026-07-09")), [], "lost");
});

test("a first job before the stage that is for those without one ends its reminders", () => {
  const telling = createTelling();
  const first = entriesOf({ policies: [{ name: "end", stages: stages.slice(0, 1) }] });
  assert.equal(telling.tick(first, { org: {} }, at("2026-04-01")).length, 1);
  assert.deepEqual(telling.tick(first, { org: { firstJob: "2026-04-20" } }, at("2026-04-30")), []);
});

test("the end of an exception is told to those who hold it and then lose something", () => {
  const exceptions = [
    { organization: "org-held", until: "2026-10-01", reason: "migration" },
    { organization: "org-active", until: "2026-10-01", reason: "migration" },
  ];
  const entries = entriesOf({ policies: [{ name: "end", stages, exceptions }] });
  const people: People = {
    held: {},
    active: { firstJob: "2025-01-01", usesSince: "2025-01-01", lastUse: "2026-09-01" },
    other: {},
  };
  const due = createTelling().tick(entries, people, at("2026-09-05"));
  assert.deepEqual(lines(due).sort(), [
    "active: announcement policy_stage 2027-01-06",
    "held: announcement exception_end 2026-10-01",
    "held: announcement policy_stage 2027-01-06",
  ]);
});

test("a policy of one base is told to those who have to do with that base", () => {
  const entries = entriesOf({
    policies: [{ name: "end", scope: { base }, stages: [{ date: "2027-06-01", who: "everyone" }] }],
  });
  const people: People = {
    caller: { calls: [base] },
    owner: { owns: [{ id: "ft:a", base }] },
    tuned: { firstJob: "2026-01-01" },
    stranger: { calls: ["other"], trains: ["other"] },
  };
  const due = createTelling().tick(entries, people, at("2027-01-01"));
  assert.deepEqual(due.map(({ project }) => project.id).sort(), ["caller", "owner", "tuned"]);
});
