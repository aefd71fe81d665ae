import assert from "node:assert/strict";
import { test } from "node:test";
import type { FidelityReport } from "./fidelity.ts";
import { judgeFidelity } from "./judge-fidelity.ts";

const report = (changes: Partial<FidelityReport>): FidelityReport => ({
  rows: 24,
  tokens: 174,
  differentPrompts: 0,
  meanAbsDifference: 0.0054,
  maxAbsDifference: 0.1,
  meanProbabilityDifference: 0.0027,
  meanProbabilityEffect: 0.38,
  meanUncertainty: 0.05,
  sameTopToken: 1,
  meanLogprobEngine: -0.1,
  meanLogprobTrainer: -0.1,
  meanLogprobBase: -2.7,
  ...changes,
});

/** Measured on two adapters that were trained for the purpose, as they are and broken. */
const cases: [string, Partial<FidelityReport>, boolean][] = [
  ["as trained", {}, true],
  ["as trained, few tokens", { tokens: 20, meanProbabilityDifference: 0.006 }, true],
  ["as trained, few tokens, beside other requests", { tokens: 20, meanProbabilityDifference: 0.0116 }, true],
  [
    "as trained, on free text",
    { tokens: 53, meanProbabilityDifference: 0.0167, meanUncertainty: 0.117 },
    true,
  ],
  ["q and k unpermuted", { meanProbabilityDifference: 0.0165 }, false],
  ["q and k unpermuted, few tokens", { tokens: 20, meanProbabilityDifference: 0.0279 }, false],
  ["half the scale", { meanProbabilityDifference: 0.0559 }, false],
  ["twice the scale", { meanProbabilityDifference: 0.0377 }, false],
  ["not applied", { meanProbabilityDifference: 0.3779 }, false],
  ["another rendering of one prompt", { differentPrompts: 1 }, false],
  ["not a number", { meanProbabilityDifference: Number.NaN }, false],
  ["nothing to compare", { tokens: 0, meanProbabilityDifference: 0 }, false],
  ["no row that could be asked", { rows: 0, tokens: 0, meanProbabilityDifference: 0 }, true],
];

for (const [name, changes, passes] of cases) {
  test(`an adapter ${passes ? "passes" : "fails"}: ${name}`, () => {
    assert.equal(judgeFidelity(report(changes)).passes, passes);
  });
}

test("the summary says the figures and what is wrong", () => {
  assert.equal(
    judgeFidelity(report({ meanProbabilityDifference: 0.3779 })).summary,
    "Fidelity check failed (more than 0.0153 is no rounding): the engine's probability of a token is 0.3779 from the " +
      "trainer's on average, where training moved it by 0.3800 (174 tokens of 24 answers).",
  );
});

test("the figures go along with the words", () => {
  const { figures, passes } = judgeFidelity(report({}));
  assert.deepEqual(
    [passes, figures.rows, figures.tokens, figures.difference, figures.effect, figures.limit.toFixed(4)],
    [true, 24, 174, 0.0027, 0.38, "0.0153"],
  );
});

test("a wider tolerance lets more pass", () => {
  assert.ok(judgeFidelity(report({ meanProbabilityDifference: 0.05 }), 0.06).passes);
});
