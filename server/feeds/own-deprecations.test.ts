import assert from "node:assert/strict";
import { test } from "node:test";
import type { Policy } from "../../contract/lifecycle.ts";
import type { Schedule } from "../lifecycle/schedule.ts";
import { createListOwn } from "./own-deprecations.ts";

const now = () => Date.parse("2026-11-26T12:00:00Z") / 1000;

const schedule = (change: Partial<Schedule> = {}): Schedule => ({
  id: "tiny-base",
  announcedAt: "2026-11-01",
  trainingEndsAt: "2026-12-10",
  shutdownAt: "2027-01-10",
  tunedShutdownAt: "2027-07-10",
  successor: "small-base",
  reason: "It is old.",
  ...change,
});

const policy: Policy = {
  name: "three-stages",
  scope: "platform",
  exceptions: [{ project: "proj_secret", until: "2027-06-01", reason: "a contract with Acme" }],
  message: "Training winds down.",
  stages: [
    { date: "2027-01-06", who: "everyone" },
    { date: "2026-05-07", who: "never_tuned" },
    { date: "2026-07-02", who: { inactive: { days: 60 } } },
  ],
};

type Touched = { kind: string; name: string; before?: string; after?: string };

const changeRow = (seq: number, touched: readonly Touched[]) => ({
  seq,
  id: `change_${seq}`,
  created_at: 1000 * seq,
  key_id: "key_secret",
  note: "a secret note",
  plan_hash: "",
  document: "{}",
  entries: JSON.stringify(touched.map((one) => ({ before: null, after: "{}", ...one }))),
  undoes: null,
  undo_until: null,
  undone_by: null,
});

type Given = {
  schedules?: readonly Schedule[];
  policies?: readonly Policy[];
  changes?: ReturnType<typeof changeRow>[];
};

const list = ({ schedules = [], policies = [], changes = [] }: Given) =>
  createListOwn({
    lifecycle: {
      schedules: () => new Map(schedules.map((one) => [one.id, one])),
      policies: () => policies,
    },
    changes: { listChanges: async () => changes },
    now,
  })();

const datesOf = async (change: Partial<Schedule>) =>
  (await list({ schedules: [schedule(change)] }))[0]?.dates.map(({ what, date, note }) => [what, date, note]);

test("a base's days are told once each, with what becomes of its tunes", async () => {
  const training = ["training_ends", "2026-12-10", null];
  assert.deepEqual(await datesOf({}), [
    training,
    ["shutdown", "2027-01-10", null],
    ["tuned_shutdown", "2027-07-10", null],
  ]);
  assert.deepEqual(await datesOf({ tunedShutdownAt: "2027-01-10" }), [
    training,
    ["shutdown", "2027-01-10", "and every model tuned on it"],
  ]);
  assert.deepEqual(await datesOf({ tunedShutdownAt: null, trainingEndsAt: "2027-01-10" }), [
    ["shutdown", "2027-01-10", "models tuned on it keep serving"],
  ]);
  assert.deepEqual(await datesOf({ trainingEndsAt: null, shutdownAt: null, tunedShutdownAt: null }), [
    ["stage", "2026-11-01", "deprecated, no day of its end yet"],
  ]);
});

test("a model that is announced tomorrow is not told of today", async () => {
  const announced = async (day: string) =>
    (await list({ schedules: [schedule({ announcedAt: day })] })).length;
  assert.equal(await announced("2026-11-26"), 1);
  assert.equal(await announced("2026-11-27"), 0);
});

test("a policy's stages come in order, and no exception, project, key or note shows", async () => {
  const [entry] = await list({ policies: [policy], changes: [changeRow(7, [])] });
  assert.deepEqual(
    entry?.dates.map(({ what, date, note }) => [what, date, note]),
    [
      ["stage", "2026-05-07", "for organizations that never tuned"],
      ["stage", "2026-07-02", "for organizations that have not used a tuned model for 60 days"],
      ["training_ends", "2027-01-06", "for everyone"],
    ],
  );
  assert.equal(entry?.message, "New fine-tuning jobs. Training winds down.");
  assert.doesNotMatch(JSON.stringify(entry), /proj_|secret|Acme/);
  const scopes: [Policy["scope"], string][] = [
    [{ base: "tiny-base" }, "New fine-tuning jobs on tiny-base."],
    [{ method: "dpo" }, "New dpo fine-tuning jobs."],
  ];
  for (const [scope, text] of scopes) {
    const { message: _, ...silent } = policy;
    const [told] = await list({ policies: [{ ...silent, scope }] });
    assert.equal(told?.message, text);
  }
});

test("an entry was updated by the last change that touched it, or when it was announced", async () => {
  const changes = [
    changeRow(4, [{ kind: "model", name: "tiny-base", before: "{}", after: "{}" }]),
    changeRow(3, [{ kind: "policy", name: "three-stages" }]),
    changeRow(2, [{ kind: "model", name: "tiny-base" }]),
    changeRow(1, [{ kind: "model", name: "tiny-base" }]),
  ];
  const entries = await list({
    schedules: [schedule(), schedule({ id: "other" })],
    policies: [policy],
    changes,
  });
  assert.deepEqual(
    entries.map(({ id, updated_at }) => [id, updated_at]),
    [
      ["own:model:tiny-base", 2000],
      ["own:model:other", Date.parse("2026-11-01T00:00:00Z") / 1000],
      ["own:policy:three-stages", 3000],
    ],
  );
});
