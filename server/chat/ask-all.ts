import { untilShutdown } from "../generation/until-shutdown.ts";
import { retired } from "../lifecycle/model-dates.ts";
import type { Target } from "../models/models.ts";
import type { Clock } from "../platform/clock.ts";
import type { ChoiceGroup } from "./choice-group.ts";

type Needs = {
  readonly target: Target;
  readonly group: ChoiceGroup;
  readonly now: Clock;
  readonly deprecationsPage: string;
};

/** Asks an engine for all parts of an answer at once; what has not begun when the model's day comes is refused. */
export async function askAll<Answer>(
  { target, group, now, deprecationsPage }: Needs,
  questions: readonly ((signal: AbortSignal) => Promise<Answer>)[],
): Promise<Answer[]> {
  const refusal = () => retired(target.model, deprecationsPage);
  using shutdown = untilShutdown({ dates: target.dates, now, refusal });
  const signal = shutdown.until(group.signal);
  const ask = async (question: (signal: AbortSignal) => Promise<Answer>) => {
    const answer = await question(signal);
    shutdown.assertBegun();
    return answer;
  };
  return await group.all(questions.map(ask));
}
