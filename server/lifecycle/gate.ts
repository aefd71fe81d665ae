import { Refusal } from "../../contract/errors.ts";
import type { Policy, Scope } from "../../contract/lifecycle.ts";
import type { Clock } from "../platform/clock.ts";
import {
  type Asker,
  covers,
  isInForce,
  messageOf,
  policyHitsAt,
  type Training,
  type TrainingFacts,
} from "./stages.ts";

export type FactsSource = {
  firstJobAt(organizationId: string, scope: Scope): Promise<number | null>;
  listSpans(organizationId: string, scope: Scope): Promise<TrainingFacts["spans"]>;
};

type Needs = {
  /** Those in force; another list once they have changed. */
  policies: () => readonly Policy[];
  facts: FactsSource;
  now: Clock;
};

type Verdict = { readonly hitsAt: number; readonly readAt: number };

/** Verdicts that are remembered; more than that, and they are worked out again. */
const MOST_VERDICTS = 50_000;

/**
 * Who may create jobs. A verdict that names a moment ahead holds until then, since use can only put that off; one
 * whose moment had come when it was made holds for good. So most are a look-up.
 */
export function createTrainingGate({ policies, facts, now }: Needs) {
  let verdicts = new Map<string, Verdict>();
  let of: readonly Policy[] = [];

  async function factsFor(policy: Policy, { organizationId }: Asker): Promise<TrainingFacts> {
    const firstJobAt = await facts.firstJobAt(organizationId, policy.scope);
    return { firstJobAt, spans: await facts.listSpans(organizationId, policy.scope) };
  }

  /** Those of the policies in force. */
  function current(): Map<string, Verdict> {
    if (policies() !== of) [verdicts, of] = [new Map(), policies()];
    if (verdicts.size >= MOST_VERDICTS) verdicts.clear();
    return verdicts;
  }

  /** Unix seconds; infinity: never, as things stand. */
  async function hitsAt(policy: Policy, asker: Asker): Promise<number> {
    const known = current();
    const key = `${policy.name} ${asker.projectId}`;
    const at = now();
    const verdict = known.get(key);
    if (verdict && (at < verdict.hitsAt || verdict.hitsAt <= verdict.readAt)) return verdict.hitsAt;
    const hits = policyHitsAt(policy, asker, await factsFor(policy, asker)) ?? Number.POSITIVE_INFINITY;
    known.set(key, { hitsAt: hits, readAt: at });
    return hits;
  }

  async function assertMayTrain(asker: Asker, training: Training): Promise<void> {
    const at = now();
    for (const policy of policies()) {
      if (!isInForce(policy, at) || !covers(policy.scope, training)) continue;
      if ((await hitsAt(policy, asker)) <= at) throw new Refusal("training_not_available", messageOf(policy));
    }
  }

  return { assertMayTrain, factsFor };
}
export type TrainingGate = ReturnType<typeof createTrainingGate>;
