import type { Policy, PolicyException, Scope, Stage } from "../../contract/lifecycle.ts";
import { type ActiveSpan, lapsesAt } from "./activity.ts";
import { startOf } from "./day.ts";

/** What the rules ask about an organization, within a policy's scope. Unix seconds. */
export type TrainingFacts = {
  readonly firstJobAt: number | null;
  /** Days with inference on a tuned model. */
  readonly spans: readonly ActiveSpan[];
};

export type Asker = { readonly organizationId: string; readonly projectId: string };

/** What is to be trained. */
export type Training = {
  readonly base: string;
  readonly method: string;
  /** As it was asked for: the base, or a tuned model to go on from. */
  readonly model: string;
  readonly isTuned: boolean;
};

export const covers = (scope: Scope, { base, method }: Pick<Training, "base" | "method">): boolean => {
  if (scope === "platform") return true;
  return "base" in scope ? scope.base === base : scope.method === method;
};

/** When a stage takes the right to train away, exceptions aside; null: never, as things stand. */
export function stageHitsAt({ date, who }: Stage, facts: TrainingFacts): number | null {
  const from = startOf(date);
  if (who === "everyone") return from;
  // Whoever tuned first by an exception, after the stage's date, has no right of their own.
  if (who === "never_tuned") return facts.firstJobAt !== null && facts.firstJobAt < from ? null : from;
  return lapsesAt(facts.spans, from, who.inactive.days);
}

/** The exception for this project that lasts longest. */
export function exceptionFor(
  exceptions: readonly PolicyException[],
  { organizationId, projectId }: Asker,
): PolicyException | null {
  const own = exceptions.filter((one) => one.organization === organizationId || one.project === projectId);
  return own.reduce<PolicyException | null>(
    (best, one) => (best === null || one.until > best.until ? one : best),
    null,
  );
}

/** When the policy takes the right to train away, its exceptions heeded; null: never, as things stand. */
export function policyHitsAt(policy: Policy, asker: Asker, facts: TrainingFacts): number | null {
  const hits = policy.stages.map((stage) => stageHitsAt(stage, facts)).filter((at) => at !== null);
  if (hits.length === 0) return null;
  const exception = exceptionFor(policy.exceptions, asker);
  return Math.max(Math.min(...hits), exception ? startOf(exception.until) : Number.NEGATIVE_INFINITY);
}

/** The policy's stages on `now`, whoever they hit: only they have to be asked. */
export const isInForce = (policy: Policy, now: number): boolean =>
  policy.stages.some(({ date }) => now >= startOf(date));

export const OPENAI_MESSAGE =
  "OpenAI is winding down the fine-tuning platform and your organization is no longer able to create new fine-tuning training jobs.";

export const messageOf = (policy: Policy): string => policy.message ?? OPENAI_MESSAGE;
