import type { Policy, Stage } from "../../contract/lifecycle.ts";
import { DAY_SECONDS, dayOf, startOf } from "./day.ts";
import type { TrainingFacts } from "./stages.ts";

const useText = ({ spans }: TrainingFacts): string => {
  const last = spans.at(-1)?.lastAt;
  return last === undefined
    ? "your organization has never called a tuned model"
    : `your organization last called a tuned model on ${dayOf(last)}`;
};

/** A call's model, as people know it: one of theirs. */
const modelText = (model: string | null) => model ?? "a tuned model";

/** Why a stage hits, or does not. */
export function reasonFor({ date, who }: Stage, facts: TrainingFacts, hitsAt: number | null): string {
  if (who === "everyone") return `From ${date} on nobody can create jobs.`;
  if (who === "never_tuned") {
    if (hitsAt === null && facts.firstJobAt !== null)
      return `Your organization first tuned on ${dayOf(facts.firstJobAt)}, before ${date}.`;
    return facts.firstJobAt === null
      ? `Your organization has not created a fine-tuning job; from ${date} on, one that has not cannot create its first.`
      : `Your organization's first job is from ${dayOf(facts.firstJobAt)}, not before ${date}.`;
  }
  const days = who.inactive.days;
  return `From ${date} on, ${days} days without a call to a tuned model end the right to create jobs; ${useText(facts)}.`;
}

type Standing = { readonly hitsAt: number | null; readonly now: number; readonly model: string | null };

/** What keeps the right to train; null: nothing does, or nothing has to. */
export function keepFor({ date, who }: Stage, { hitsAt, now, model }: Standing): string | null {
  if (who === "everyone" || hitsAt === null || hitsAt <= now) return null;
  if (who === "never_tuned") return `one fine-tuning job before ${date}`;
  const allowed = who.inactive.days * DAY_SECONDS;
  const from = dayOf(Math.max(now, startOf(date) - allowed));
  const call = `one call to ${modelText(model)} before ${dayOf(hitsAt)}`;
  const since = from > dayOf(now) ? ` (on ${from} or later)` : "";
  return `${call}${since}, and then one at least every ${who.inactive.days} days`;
}

/** What a project loses by a policy and what to do, in one sentence; null: nothing is ahead or lost. */
export function policySentence(
  { name }: Policy,
  stage: { readonly hitsAt: number; readonly keep: string | null; readonly reason: string },
  now: number,
): string {
  if (stage.hitsAt <= now)
    return `You can create no fine-tuning jobs since ${dayOf(stage.hitsAt)} (policy ${name}). ${stage.reason}`;
  const keep = stage.keep ? ` What keeps it: ${stage.keep}.` : "";
  return `On ${dayOf(stage.hitsAt)} you lose the right to create fine-tuning jobs (policy ${name}).${keep}`;
}
