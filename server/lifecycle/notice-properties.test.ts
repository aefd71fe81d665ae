import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Policy } from "../../contract/lifecycle.ts";
import { addDays, dayOf, startOf } from "./day.ts";
import { at, createTelling, entriesOf, type People, type Person } from "./fixtures/telling.ts";
import { COME, stepAt } from "./notice-steps.ts";
import { policyHitsAt } from "./stages.ts";

const DAY = 86_400;
const base = "old-base";
const first = startOf("2027-01-01");
const model = (shutdown_at: string) => ({ id: base, announced_at: "2027-01-01", shutdown_at });
const people: People = { ann: { calls: [base] }, bob: { calls: ["other"] } };
const moment = fc.integer({ min: first - 30 * DAY, max: first + 300 * DAY });
const day = fc.integer({ min: 20, max: 250 }).map((days) => addDays("2027-01-01", days));

test("whatever the order and times of looking, nothing is told twice, nothing goes back, and only those hit are told", () => {
  fc.assert(
    fc.property(fc.array(moment, { minLength: 1, maxLength: 60 }), day, (moments, date) => {
      const entries = entriesOf({ models: [model(date)] });
      const telling = createTelling();
      for (const now of moments) {
        telling.tick(entries, people, { now });
        assert.deepEqual(telling.tick(entries, people, { now }), [], "a second look");
      }
      const steps = telling.log.map(({ step }) => step);
      assert.deepEqual(
        steps,
        [...new Set(steps)].sort((a, b) => a - b),
      );
      const seen = moments
        .filter((now) => now >= first)
        .map((now) => stepAt(date, now))
        .filter((step) => step < COME);
      assert.equal(steps.at(-1), seen.length === 0 ? undefined : Math.max(...seen));
      assert.ok(telling.log.every(({ project }) => project.id === "ann"));
      assert.deepEqual(
        telling.log.map(({ kind }) => kind),
        steps.map((_, index) => (index === 0 ? "announcement" : "reminder")),
      );
    }),
  );
});

test("after every look, what a project was told of a date ahead is what is in force", () => {
  const change = fc.record({ days: fc.integer({ min: 0, max: 40 }), date: fc.option(day) });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 25 }), (changes) => {
      const telling = createTelling();
      let now = first;
      let told: string | null = null;
      for (const { days, date } of changes) {
        now += days * DAY;
        const entries = entriesOf({ models: date === null ? [] : [model(date)] });
        const due = telling.tick(entries, people, { now }).filter(({ topic }) => topic.what === "shutdown");
        assert.ok(due.length <= 1);
        for (const one of due) told = one.kind === "withdrawn" ? null : one.date;
        if (date !== null && startOf(date) > now) assert.equal(told, date);
        if (date === null) assert.ok(told === null || startOf(told) <= now);
        assert.deepEqual(telling.tick(entries, people, { now }), []);
      }
    }),
  );
});

const stageDay = (days: number) => addDays("2027-01-01", days);
const policy = fc
  .record({
    gaps: fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 3, maxLength: 3 }),
    inactive: fc.integer({ min: 2, max: 120 }),
    until: fc.option(fc.integer({ min: 1, max: 300 })),
  })
  .map(({ gaps: [a = 1, b = 1, c = 1], inactive, until }) => ({
    name: "end",
    stages: [
      { date: stageDay(a), who: "never_tuned" },
      { date: stageDay(a + b), who: { inactive: { days: inactive } } },
      { date: stageDay(a + b + c), who: "everyone" },
    ],
    exceptions: until === null ? [] : [{ project: "org", until: stageDay(a + until), reason: "x" }],
  }));
const person = fc.record({ firstJob: fc.option(fc.constant("2026-06-01")), uses: fc.option(day) });

const factsOf = (lastUse: string | null, firstJob: string | null): Person => ({
  ...(lastUse === null ? {} : { usesSince: "2026-06-01", lastUse }),
  ...(firstJob === null ? {} : { firstJob }),
});

/** When the right goes, by the rule that also refuses jobs. */
function lossOf(one: Policy, { lastUse, firstJob, usesSince }: Person): number {
  const spans =
    lastUse === undefined ? [] : [{ firstAt: startOf(usesSince ?? lastUse), lastAt: startOf(lastUse) }];
  const facts = { firstJobAt: firstJob === undefined ? null : startOf(firstJob), spans };
  const hits = policyHitsAt(one, { organizationId: "org-org", projectId: "org" }, facts);
  return hits ?? Number.POSITIVE_INFINITY;
}

test("a policy's notices name the day on which the right goes if nothing more happens; nobody loses it untold", () => {
  fc.assert(
    fc.property(policy, person, (document, { firstJob, uses }) => {
      const entries = entriesOf({ policies: [document] });
      const parsed = entries.policies.get("end");
      assert.ok(parsed);
      const telling = createTelling();
      const told = new Set<string>();
      for (let now = first; now < first + 320 * DAY; now += DAY) {
        // It uses a model every day up to a day, and never again.
        const last = uses === null || uses < dayOf(now) ? uses : dayOf(now);
        const org = factsOf(last, firstJob);
        const loss = lossOf(parsed, org);
        for (const { date, topic } of telling.tick(entries, { org }, { now })) {
          told.add(date);
          const isForAll = topic.detail === '"everyone"';
          assert.ok(isForAll || date === dayOf(loss), `${date} is not ${dayOf(loss)}`);
          assert.ok(loss > now, "the right is there");
        }
        if (loss > now && loss <= now + DAY) assert.ok(told.has(dayOf(loss)), `${dayOf(loss)} was not told`);
      }
    }),
    { numRuns: 60 },
  );
});

test("the moment of the day at which a server looks makes no difference to what is told by its end", () => {
  const offsets = fc.array(fc.integer({ min: 0, max: DAY - 1 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(offsets, day, (seconds, date) => {
      const entries = entriesOf({ models: [model(date)] });
      const [once, often] = [createTelling(), createTelling()];
      once.tick(entries, people, at("2027-04-01", DAY - 1));
      for (const offset of [...seconds, DAY - 1]) often.tick(entries, people, at("2027-04-01", offset));
      assert.equal(often.log.length, once.log.length);
    }),
  );
});
