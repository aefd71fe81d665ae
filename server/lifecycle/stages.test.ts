import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Policy, PolicyException, Stage } from "../../contract/lifecycle.ts";
import { type ActiveSpan, lapsesAt } from "./activity.ts";
import { expandBuiltin } from "./builtin.ts";
import { addDays, DAY_SECONDS, dayOf, startOf } from "./day.ts";
import { policyHitsAt, stageHitsAt, type TrainingFacts } from "./stages.ts";

const asker = { organizationId: "org-a", projectId: "proj_a" };
const { policy: openai } = expandBuiltin({ builtin: "openai-2026" }, "policies[0]");
const at = (text: string) => Date.parse(text) / 1000;
const used = (...times: string[]): ActiveSpan[] =>
  times.map((time) => ({ firstAt: at(time), lastAt: at(time) }));

const mayTrain = (policy: Policy, facts: TrainingFacts, now: number, who = asker): boolean => {
  const hits = policyHitsAt(policy, who, facts);
  return hits === null || now < hits;
};

test("OpenAI's three stages stand on its three dates", () => {
  assert.deepEqual(openai.stages, [
    { date: "2026-05-07", who: "never_tuned" },
    { date: "2026-07-02", who: { inactive: { days: 60 } } },
    { date: "2027-01-06", who: "everyone" },
  ]);
  const moved = expandBuiltin({ builtin: "openai-2026", starting: "2027-03-01" }, "policies[0]").policy;
  assert.deepEqual(
    moved.stages.map(({ date }) => date),
    ["2027-03-01", addDays("2027-03-01", 56), addDays("2027-03-01", 244)],
  );
});

const firstJobAt = at("2025-02-03T10:00:00Z");
const cases: [string, TrainingFacts, string, boolean][] = [
  ["never tuned, the last second before", { firstJobAt: null, spans: [] }, "2026-05-06T23:59:59Z", true],
  ["never tuned, on the day", { firstJobAt: null, spans: [] }, "2026-05-07T00:00:00Z", false],
  [
    "tuned a second before the day",
    { firstJobAt: at("2026-05-06T23:59:59Z"), spans: [] },
    "2026-05-07T00:00:00Z",
    true,
  ],
  [
    "tuned first on the day, as by an exception",
    { firstJobAt: at("2026-05-07T00:00:00Z"), spans: [] },
    "2026-05-08T00:00:00Z",
    false,
  ],
  ["tuned once, never called", { firstJobAt, spans: [] }, "2026-07-01T23:59:59Z", true],
  ["tuned once, never called, on the day", { firstJobAt, spans: [] }, "2026-07-02T00:00:00Z", false],
  [
    "last call 60 days before",
    { firstJobAt, spans: used("2026-05-03T00:00:00Z") },
    "2026-07-02T00:00:00Z",
    true,
  ],
  [
    "last call 60 days before, a second later",
    { firstJobAt, spans: used("2026-05-03T00:00:00Z") },
    "2026-07-02T00:00:01Z",
    false,
  ],
  [
    "last call 60 days and a second before",
    { firstJobAt, spans: used("2026-05-02T23:59:59Z") },
    "2026-07-02T00:00:00Z",
    false,
  ],
  [
    "calls on, 60 days apart",
    { firstJobAt, spans: used("2026-06-30T12:00:00Z", "2026-08-29T12:00:00Z", "2026-10-28T12:00:00Z") },
    "2026-12-27T12:00:00Z",
    true,
  ],
  [
    "a gap of 60 days and a second, then calls again: what is lost stays lost",
    { firstJobAt, spans: used("2026-06-30T12:00:00Z", "2026-08-29T12:00:01Z") },
    "2026-08-29T12:00:02Z",
    false,
  ],
  [
    "active, the last second before everyone's day",
    {
      firstJobAt,
      spans: used(
        "2026-06-30T12:00:00Z",
        "2026-08-01T12:00:00Z",
        "2026-09-20T12:00:00Z",
        "2026-11-10T12:00:00Z",
        "2027-01-05T12:00:00Z",
      ),
    },
    "2027-01-05T23:59:59Z",
    true,
  ],
  [
    "active, on everyone's day",
    {
      firstJobAt,
      spans: used(
        "2026-06-30T12:00:00Z",
        "2026-08-01T12:00:00Z",
        "2026-09-20T12:00:00Z",
        "2026-11-10T12:00:00Z",
        "2027-01-05T12:00:00Z",
      ),
    },
    "2027-01-06T00:00:00Z",
    false,
  ],
];
for (const [title, facts, now, expected] of cases) {
  test(`openai-2026: ${title}: ${expected ? "may" : "may not"} train`, () => {
    assert.equal(mayTrain(openai, facts, at(now)), expected);
  });
}

const FIRST = startOf("2026-01-01");
const moment = fc.integer({ min: FIRST, max: FIRST + 500 * DAY_SECONDS });
const day = fc.integer({ min: 0, max: 500 }).map((days) => addDays("2026-01-01", days));
const who = fc.oneof(
  fc.constant("never_tuned" as const),
  fc.constant("everyone" as const),
  fc.record({ inactive: fc.record({ days: fc.integer({ min: 1, max: 120 }) }) }),
);
const stage: fc.Arbitrary<Stage> = fc.record({ date: day, who });
const stages = fc
  .uniqueArray(stage, { minLength: 1, maxLength: 4, selector: ({ date }) => date })
  .map((all) => all.sort((a, b) => a.date.localeCompare(b.date)));
const spanOf = (time: number): ActiveSpan => ({ firstAt: time, lastAt: time });
const uses = fc.array(moment, { maxLength: 30 });
const facts: fc.Arbitrary<TrainingFacts> = fc.record({
  firstJobAt: fc.option(moment),
  spans: uses.map((times) => times.map(spanOf)),
});
const exceptions: fc.Arbitrary<PolicyException[]> = fc.array(
  fc.record({ project: fc.constantFrom("proj_a", "proj_b"), until: day, reason: fc.constant("a contract") }),
  { maxLength: 3 },
);
const policyOf = (all: Stage[], excepted: PolicyException[] = []): Policy => ({
  name: "p",
  scope: "platform",
  stages: all,
  exceptions: excepted,
});

test("a stage never gives back what an earlier one took, whatever is used later", () => {
  fc.assert(
    fc.property(stages, facts, moment, moment, (all, known, one, other) => {
      const [before, after] = [Math.min(one, other), Math.max(one, other)];
      if (!mayTrain(policyOf(all), upTo(known, before), before))
        assert.equal(mayTrain(policyOf(all), upTo(known, after), after), false);
    }),
    { numRuns: 2000 },
  );
});

/** What is known at a moment: what came later has not happened. */
const upTo = ({ firstJobAt: first, spans }: TrainingFacts, now: number): TrainingFacts => ({
  firstJobAt: first !== null && first <= now ? first : null,
  spans: spans.filter(({ firstAt }) => firstAt <= now),
});

test("a boundary is exact to the second: open the second before, closed on it and for good", () => {
  fc.assert(
    fc.property(stages, facts, (all, known) => {
      const hits = policyHitsAt(policyOf(all), asker, known);
      if (hits === null) return;
      assert.equal(mayTrain(policyOf(all), known, hits - 1), true);
      for (const later of [0, 1, DAY_SECONDS, 1000 * DAY_SECONDS])
        assert.equal(mayTrain(policyOf(all), known, hits + later), false);
    }),
  );
});

test("inactivity by its definition: without use in the days before a second, the right is lost at it", () => {
  fc.assert(
    fc.property(uses, moment, fc.integer({ min: 1, max: 90 }), (times, since, days) => {
      const lapse = lapsesAt(times.map(spanOf), since, days);
      const isActive = (now: number) => times.some((time) => time < now && time >= now - days * DAY_SECONDS);
      assert.equal(isActive(lapse), false);
      // The second of a use is the last that leans on the one before it: enough to look at those, and at both ends.
      const worst = [since, lapse - 1, ...times];
      for (const now of worst.filter((one) => one >= since && one < lapse)) assert.equal(isActive(now), true);
    }),
    { numRuns: 2000 },
  );
});

test("an exception holds to the last second before its date and never outlives it", () => {
  fc.assert(
    fc.property(stages, facts, exceptions, moment, (all, known, excepted, now) => {
      const plain = policyOf(all);
      const own = excepted
        .filter(({ project }) => project === asker.projectId)
        .map(({ until }) => startOf(until));
      const holds = own.some((until) => now < until);
      const expected = holds || mayTrain(plain, known, now);
      assert.equal(mayTrain(policyOf(all, excepted), known, now), expected);
    }),
    { numRuns: 2000 },
  );
});

test("the order in which things are recorded does not matter", () => {
  fc.assert(
    fc.property(stages, facts, fc.infiniteStream(fc.nat()), (all, known, random) => {
      const shuffled = known.spans
        .map((span) => ({ span, key: random.next().value ?? 0 }))
        .sort((a, b) => a.key - b.key)
        .map(({ span }) => span);
      const policy = policyOf(all);
      const again = { ...known, spans: shuffled };
      assert.equal(policyHitsAt(policy, asker, known), policyHitsAt(policy, asker, again));
    }),
  );
});

test("days that are kept as their first and last use decide like every single use", () => {
  fc.assert(
    fc.property(uses, moment, fc.integer({ min: 1, max: 90 }), (times, since, days) => {
      const byDay = Map.groupBy(times, dayOf);
      const spans = [...byDay.values()].map((all) => ({
        firstAt: Math.min(...all),
        lastAt: Math.max(...all),
      }));
      assert.equal(lapsesAt(spans, since, days), lapsesAt(times.map(spanOf), since, days));
    }),
  );
});

test("more use never makes anything end earlier", () => {
  fc.assert(
    fc.property(stage, facts, moment, (one, known, more) => {
      const before = stageHitsAt(one, known) ?? Number.POSITIVE_INFINITY;
      const after = stageHitsAt(one, { ...known, spans: [...known.spans, spanOf(more)] });
      assert.ok((after ?? Number.POSITIVE_INFINITY) >= before);
    }),
  );
});
