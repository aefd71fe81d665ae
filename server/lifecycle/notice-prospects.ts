import type { Policy } from "../../contract/lifecycle.ts";
import { type Census, factsOf, type Project } from "./census.ts";
import type { DatedEvent } from "./dated-events.ts";
import { dayOf, startOf } from "./day.ts";
import { impactOf } from "./impact.ts";
import { type Topic, topicOf } from "./notice-topics.ts";
import { exceptionFor, stageHitsAt, type TrainingFacts } from "./stages.ts";

/** A date that hits a project, as things stand. */
export type Prospect = {
  readonly topic: Topic;
  readonly event: DatedEvent;
  readonly project: Project;
  /** When it hits this project: the event's date, or a later one, where the last use decides. */
  readonly date: string;
  /** Use puts the date off by so many days; null: it does not. */
  readonly lapseDays: number | null;
};

const asker = ({ id, organizationId }: Project) => ({ projectId: id, organizationId });

/** Training ends for those who train: jobs, or models to train on from. Calls to the base itself go on. */
function isTraining({ id }: Project, base: string, census: Census): boolean {
  const has = (list: ReadonlyMap<string, readonly { readonly base: string }[]>) =>
    (list.get(id) ?? []).some((one) => one.base === base);
  return has(census.jobs) || has(census.models);
}

function modelProspects(event: DatedEvent, topic: Topic, census: Census): Prospect[] {
  const projects =
    event.what === "training_end"
      ? census.projects.filter((project) => isTraining(project, event.subject, census))
      : impactOf(event, census).projects;
  return projects.map((project) => ({ topic, event, project, date: event.date, lapseDays: null }));
}

/** When the stages take a project's right to train, exceptions aside, and until when an exception holds. */
type Standing = { readonly firstAt: number; readonly untilAt: number; readonly until: string | null };

function standingOf(event: DatedEvent, project: Project, facts: TrainingFacts): Standing {
  const { stages = [], exceptions = [] } = event.policy ?? {};
  const hits = stages.map((stage) => stageHitsAt(stage, facts)).filter((at) => at !== null);
  const until = exceptionFor(exceptions, asker(project))?.until ?? null;
  return {
    firstAt: Math.min(...hits),
    until,
    untilAt: until === null ? Number.NEGATIVE_INFINITY : startOf(until),
  };
}

/** An exception's end hits those whom a stage has hit by then. */
function exceptionDate({ date }: DatedEvent, { firstAt, until, untilAt }: Standing): string | null {
  return until === date && firstAt < untilAt ? date : null;
}

/**
 * The day on which a stage hits: of all the stages, the first to do so, as things stand, and the one that is for
 * everyone and that nothing puts off. Who has lost the right already loses no more.
 */
function stageDate(
  { stage }: DatedEvent,
  { firstAt, untilAt }: Standing,
  at: { facts: TrainingFacts; now: number },
): string | null {
  const hitsAt = stage ? stageHitsAt(stage, at.facts) : null;
  if (!stage || hitsAt === null || hitsAt < untilAt) return null;
  if (hitsAt === untilAt && firstAt < untilAt) return null;
  const isFirst = hitsAt === firstAt;
  const hasLost = Math.max(firstAt, untilAt) <= at.now;
  return isFirst || (stage.who === "everyone" && !hasLost) ? dayOf(hitsAt) : null;
}

/** A policy of one base or method is nothing to those who have nothing to do with it. */
function isConcerned(
  { scope }: Policy,
  { id }: Project,
  at: { facts: TrainingFacts; census: Census },
): boolean {
  const { firstJobAt, spans } = at.facts;
  if (scope === "platform" || firstJobAt !== null || spans.length > 0) return true;
  if (!("base" in scope)) return false;
  const known = [...(at.census.usage.get(id) ?? []), ...(at.census.models.get(id) ?? [])];
  return known.some(({ base }) => base === scope.base);
}

function policyProspects(event: DatedEvent, topic: Topic, census: Census): Prospect[] {
  const { policy, stage } = event;
  if (!policy) return [];
  const days = stage && typeof stage.who === "object" ? stage.who.inactive.days : null;
  return census.projects.flatMap((project) => {
    const facts = factsOf(census, policy.name, project.organizationId);
    if (!isConcerned(policy, project, { facts, census })) return [];
    const standing = standingOf(event, project, facts);
    const date = stage
      ? stageDate(event, standing, { facts, now: census.now })
      : exceptionDate(event, standing);
    if (date === null) return [];
    return [{ topic, event, project, date, lapseDays: date > event.date ? days : null }];
  });
}

/** Everything ahead or past that hits somebody: a project at a time, if nothing more happens until then. */
export function prospectsOf(events: readonly DatedEvent[], census: Census): Prospect[] {
  return events.flatMap((event) => {
    const topic = topicOf(event);
    if (!topic) return [];
    return event.policy ? policyProspects(event, topic, census) : modelProspects(event, topic, census);
  });
}
