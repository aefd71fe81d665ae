import { z } from "zod";
import type { JobEvent } from "../../contract/fine-tuning.ts";
import { StepMetrics } from "../../contract/training.ts";
import { clock, thousands } from "../output/words.ts";

const Metrics = StepMetrics.partial({ train_mean_token_accuracy: true }).extend({
  total_steps: z.int(),
  tokens_per_second: z.number().optional(),
});

/** What a job's metrics events have told so far. */
export type TrainingProgress = {
  readonly step: number;
  readonly totalSteps: number;
  readonly trainLoss: number;
  readonly validLoss: number | null;
  readonly tokensPerSecond: number | null;
  /** The first step that was told, and when: the rate is counted from there. */
  readonly from: { readonly step: number; readonly at: number };
  readonly at: number;
};

/** Takes an event in; those that are not metrics change nothing. */
export function advance(before: TrainingProgress | null, event: JobEvent): TrainingProgress | null {
  const parsed = event.type === "metrics" ? Metrics.safeParse(event.data) : null;
  if (!parsed?.success) return before;
  const { data } = parsed;
  return {
    step: data.step,
    totalSteps: data.total_steps,
    trainLoss: data.train_loss,
    validLoss: data.full_valid_loss ?? data.valid_loss ?? before?.validLoss ?? null,
    tokensPerSecond: data.tokens_per_second ?? null,
    from: before?.from ?? { step: data.step, at: event.created_at },
    at: event.created_at,
  };
}

/** By the server's estimate, or else by the rate of steps; null: too early to say. */
export function secondsLeft(
  progress: TrainingProgress,
  estimatedFinish: number | null,
  now: number,
): number | null {
  if (progress.step >= progress.totalSteps) return 0;
  if (estimatedFinish !== null) return Math.max(0, estimatedFinish - now);
  const steps = progress.step - progress.from.step;
  if (steps === 0) return null;
  const finish =
    progress.at + ((progress.at - progress.from.at) / steps) * (progress.totalSteps - progress.step);
  return Math.max(0, finish - now);
}

/** `step 12/120 · loss 1.23 · valid 1.31 · 1,316 tok/s · 1:20 left`: with a bar it fits into 80 columns. */
export function describeProgress(progress: TrainingProgress, left: number | null): string {
  const { step, totalSteps, trainLoss, validLoss, tokensPerSecond } = progress;
  const parts = [`step ${step}/${totalSteps}`, `loss ${trainLoss.toFixed(2)}`];
  if (validLoss !== null) parts.push(`valid ${validLoss.toFixed(2)}`);
  if (tokensPerSecond !== null) parts.push(`${thousands(tokensPerSecond)} tok/s`);
  if (left !== null && left > 0) parts.push(`${clock(left)} left`);
  return parts.join(" · ");
}
