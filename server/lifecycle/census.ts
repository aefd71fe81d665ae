import type { Policy } from "../../contract/lifecycle.ts";
import { DAY_SECONDS, startOf } from "./day.ts";
import type { FactsStore } from "./facts-store.ts";
import type { ImpactStore } from "./impact-store.ts";
import type { TrainingFacts } from "./stages.ts";

export type Project = { readonly id: string; readonly organizationId: string; readonly keys: number };
type Jobs = { projectId: string; base: string; method: string; open: number; recent: number };
type Use = { projectId: string; base: string; isTuned: number; requests: number; tokens: number };
type TunedModel = { id: string; projectId: string; base: string };

/** Everybody and what they have, at one moment. */
export type Census = {
  readonly now: number;
  readonly organizations: ReadonlyMap<string, string>;
  readonly projects: readonly Project[];
  readonly jobs: ReadonlyMap<string, readonly Jobs[]>;
  readonly usage: ReadonlyMap<string, readonly Use[]>;
  readonly models: ReadonlyMap<string, readonly TunedModel[]>;
  /** By policy and organization. */
  readonly facts: ReadonlyMap<string, ReadonlyMap<string, TrainingFacts>>;
};

export const CENSUS_DAYS = 30;
const none: TrainingFacts = { firstJobAt: null, spans: [] };

export const factsOf = ({ facts }: Census, policy: string, organizationId: string): TrainingFacts =>
  facts.get(policy)?.get(organizationId) ?? none;

/** The last day whose use no stage has to see by itself: what is older counts as one. */
function firstDay({ stages }: Policy): number {
  const days = stages.flatMap(({ date, who }) =>
    typeof who === "object" ? [Math.floor(startOf(date) / DAY_SECONDS) - 1] : [],
  );
  return days.length === 0 ? Number.MAX_SAFE_INTEGER : Math.min(...days);
}

async function policyFacts(store: FactsStore, policy: Policy): Promise<Map<string, TrainingFacts>> {
  const jobs = await store.firstJobs(policy.scope);
  const spans = await store.spansOfAll(policy.scope, firstDay(policy));
  const ids = new Set([...jobs.keys(), ...spans.keys()]);
  return new Map(
    [...ids].map((id) => [id, { firstJobAt: jobs.get(id) ?? null, spans: spans.get(id) ?? [] }]),
  );
}

type Needs = { impact: ImpactStore; facts: FactsStore; policies: readonly Policy[]; now: number };

export async function takeCensus({ impact, facts, policies, now }: Needs): Promise<Census> {
  const since = now - CENSUS_DAYS * DAY_SECONDS;
  const byPolicy = new Map<string, Map<string, TrainingFacts>>();
  for (const policy of policies) byPolicy.set(policy.name, await policyFacts(facts, policy));
  const organizations = await impact.listOrganizations();
  return {
    now,
    organizations: new Map(organizations.map(({ id, name }) => [id, name])),
    projects: await impact.listProjects(),
    jobs: Map.groupBy(await impact.countJobs(since), ({ projectId }) => projectId),
    usage: Map.groupBy(await impact.sumUsage(Math.floor(since / DAY_SECONDS)), ({ projectId }) => projectId),
    models: Map.groupBy(await impact.listTunedModels(), ({ projectId }) => projectId),
    facts: byPolicy,
  };
}
