import type { Scope } from "../../contract/lifecycle.ts";
import type { Census } from "../lifecycle/census.ts";
import { startOf } from "../lifecycle/day.ts";
import type { DueNotice } from "../lifecycle/notice-rules.ts";
import { exceptionFor } from "../lifecycle/stages.ts";
import type { UsedKey } from "./notice-store.ts";

/** What a notice is written from. */
export type Draft = {
  readonly due: DueNotice;
  readonly census: Census;
  /** The project's own that it hits. */
  readonly models: readonly string[];
  readonly modelsTotal: number;
  readonly keys: readonly { readonly id: string; readonly name: string }[];
  readonly successor: string | null;
  readonly reason: string | null;
  readonly hasCome: boolean;
  /** Where people read about dates. */
  readonly page: string;
};

const MOST = 100;

type Reach = { readonly base: (id: string) => boolean; readonly isTuned: boolean | null };

const inScope = (scope: Scope) => (base: string) =>
  typeof scope === "object" && "base" in scope ? scope.base === base : true;

/** The models that a topic is about: a base itself, those tuned on it, or both. */
function reachOf({ topic, event }: DueNotice): Reach {
  if (topic.what === "policy_stage" || topic.what === "exception_end")
    return { base: event?.policy ? inScope(event.policy.scope) : () => false, isTuned: true };
  const base = (id: string) => id === topic.subject;
  if (topic.what === "training_end") return { base, isTuned: null };
  return { base, isTuned: topic.what === "tuned_models_shutdown" };
}

function modelsHit({ topic, project }: DueNotice, { base, isTuned }: Reach, census: Census): string[] {
  const own = census.models.get(project.id) ?? [];
  const tuned = isTuned === false ? [] : own.filter((model) => base(model.base)).map(({ id }) => id);
  return [...(isTuned === true ? [] : [topic.subject]), ...new Set(tuned)];
}

function keysHit({ project }: DueNotice, { base, isTuned }: Reach, used: readonly UsedKey[]) {
  const own = used.filter(
    (key) =>
      key.projectId === project.id && base(key.base) && (isTuned === null || (key.isTuned === 1) === isTuned),
  );
  return [...new Map(own.map(({ id, name }) => [id, { id, name }])).values()].slice(0, MOST);
}

/** Why the date is there, in the words of who set it. */
function reasonOf({ topic, event, project }: DueNotice): string | null {
  if (topic.what !== "exception_end") return event?.schedule?.reason ?? null;
  const asker = { projectId: project.id, organizationId: project.organizationId };
  return exceptionFor(event?.policy?.exceptions ?? [], asker)?.reason ?? null;
}

type Known = { readonly census: Census; readonly used: readonly UsedKey[]; readonly page: string };

export function draftOf(due: DueNotice, { census, used, page }: Known): Draft {
  const reach = reachOf(due);
  const models = modelsHit(due, reach, census);
  return {
    due,
    census,
    page,
    models: models.slice(0, MOST),
    modelsTotal: models.length,
    keys: keysHit(due, reach, used),
    successor: due.event?.schedule?.successor ?? null,
    reason: reasonOf(due),
    hasCome: startOf(due.date) <= census.now,
  };
}
