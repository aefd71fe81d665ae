import type { FidelityReport } from "./fidelity.ts";

export type FidelityJudgement = { readonly passes: boolean; readonly summary: string };

const figure = (value: number) => value.toFixed(3);

function objections(report: FidelityReport, tolerance: number): string[] {
  const { differentPrompts, rows, meanAbsDifference } = report;
  const found: string[] = [];
  if (rows === 0) found.push("there was nothing to compare");
  if (differentPrompts > 0) found.push(`${differentPrompts} of ${rows} prompts became other tokens`);
  // Written so that a difference that is not a number fails, too.
  if (!(meanAbsDifference <= tolerance)) found.push(`the mean difference is above ${tolerance}`);
  return found;
}

/** Whether the engine's answer is the trainer's own, within `tolerance` (nats, mean over the tokens). */
export function judgeFidelity(report: FidelityReport, tolerance: number): FidelityJudgement {
  const found = objections(report, tolerance);
  const verdict = found.length === 0 ? "passed" : `failed: ${found.join("; ")}`;
  const measured =
    `the engine's log-probabilities differ from the trainer's by ${figure(report.meanAbsDifference)} on average ` +
    `(${figure(report.maxAbsDifference)} at most) over ${report.tokens} tokens of ${report.rows} held-back answers`;
  return { passes: found.length === 0, summary: `Fidelity check ${verdict}; ${measured}` };
}
