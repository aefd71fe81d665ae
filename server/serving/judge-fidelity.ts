import type { FidelityReport } from "./fidelity.ts";

export type FidelityJudgement = { readonly passes: boolean; readonly summary: string };

/**
 * The mean difference of a token's probability that rounding may make. Probabilities, not their logarithms: those of
 * unlikely tokens differ by 0.1 and more under rounding alone. Measured on a Q8_0 base against the trainer in float32:
 * 0.003 to 0.006 for the adapter as trained; 0.017 and more with q and k unpermuted, 0.04 and more at half or twice the
 * scale, 0.38 not applied.
 */
const TOLERANCE = 0.01;

/** What chance adds for a few tokens: three standard errors of the 0.015 that one token's rounding varies by. */
const CHANCE = 0.045;

const figure = (value: number) => value.toFixed(4);

function objections({ rows, tokens, ...report }: FidelityReport, tolerance: number): string[] {
  if (tokens === 0) return ["there was nothing to compare"];
  const found: string[] = [];
  if (report.differentPrompts > 0)
    found.push(`${report.differentPrompts} of ${rows} prompts became other tokens`);
  const allowed = tolerance + CHANCE / Math.sqrt(tokens);
  // Written so that a difference that is not a number fails, too.
  if (!(report.meanProbabilityDifference <= allowed))
    found.push(`more than ${figure(allowed)} is no rounding`);
  return found;
}

/** Whether the engine's answer is the trainer's own, up to rounding. */
export function judgeFidelity(report: FidelityReport, tolerance = TOLERANCE): FidelityJudgement {
  const found = objections(report, tolerance);
  const verdict = found.length === 0 ? "passed" : `failed (${found.join("; ")})`;
  const measured =
    `the engine's probability of a token is ${figure(report.meanProbabilityDifference)} from the trainer's on average, ` +
    `where training moved it by ${figure(report.meanProbabilityEffect)} ` +
    `(${report.tokens} tokens of ${report.rows} held-back answers)`;
  return { passes: found.length === 0, summary: `Fidelity check ${verdict}: ${measured}.` };
}
