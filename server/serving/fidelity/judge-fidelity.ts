import type { FidelityFigures } from "../../../contract/fine-tuning.ts";
import type { FidelityReport } from "./fidelity.ts";

export type FidelityJudgement = {
  readonly passes: boolean;
  readonly summary: string;
  readonly figures: FidelityFigures;
};

/**
 * What rounding may make of a token's probability p: it moves logits by about 0.14, and so p by 0.14 p (1 - p). Measured
 * on a Q8_0 base against the trainer in float32; docs/decisions/2026-11-23-fidelity.md has the figures of right and
 * of wrong adapters.
 */
const ROUNDING = 0.2;

/** What is allowed where the trainer is certain of every token. */
const TOLERANCE = 0.003;

/** What chance adds for a few tokens: two standard errors of the 0.015 that one token's rounding varies by. */
const CHANCE = 0.03;

const NOTHING_TO_ASK =
  "Fidelity check left out: in no row does an answer follow a message that an engine could be asked.";

const figure = (value: number) => value.toFixed(4);

/** How far a token's probability may be off. */
const allowedOf = ({ tokens, meanUncertainty }: FidelityReport, tolerance: number): number =>
  tokens === 0 ? 0 : tolerance + ROUNDING * meanUncertainty + CHANCE / Math.sqrt(tokens);

function objections({ rows, tokens, ...report }: FidelityReport, allowed: number): string[] {
  if (tokens === 0) return ["there was nothing to compare"];
  const found: string[] = [];
  if (report.differentPrompts > 0)
    found.push(`${report.differentPrompts} of ${rows} prompts became other tokens`);
  // Written so that a difference that is not a number fails, too.
  if (!(report.meanProbabilityDifference <= allowed))
    found.push(`more than ${figure(allowed)} is no rounding`);
  return found;
}

const figuresOf = (report: FidelityReport, limit: number): FidelityFigures => ({
  rows: report.rows,
  tokens: report.tokens,
  different_prompts: report.differentPrompts,
  difference: report.meanProbabilityDifference,
  limit,
  effect: report.meanProbabilityEffect,
  same_top_token: report.sameTopToken,
  mean_logprob_difference: report.meanAbsDifference,
  max_logprob_difference: report.maxAbsDifference,
});

/** Whether the engine's answer is the trainer's own, up to rounding. */
export function judgeFidelity(report: FidelityReport, tolerance = TOLERANCE): FidelityJudgement {
  const limit = allowedOf(report, tolerance);
  const figures = figuresOf(report, limit);
  if (report.rows === 0) return { passes: true, summary: NOTHING_TO_ASK, figures };
  const found = objections(report, limit);
  const verdict = found.length === 0 ? "passed" : `failed (${found.join("; ")})`;
  const measured =
    `the engine's probability of a token is ${figure(report.meanProbabilityDifference)} from the trainer's on average, ` +
    `where training moved it by ${figure(report.meanProbabilityEffect)} ` +
    `(${report.tokens} tokens of ${report.rows} answers)`;
  return { passes: found.length === 0, summary: `Fidelity check ${verdict}: ${measured}.`, figures };
}
