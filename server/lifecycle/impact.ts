import type { Hit, Policy, Stage } from "../../contract/lifecycle.ts";
import { type Census, factsOf, type Project } from "./census.ts";
import type { DatedEvent } from "./dated-events.ts";
import { dayOf, startOf } from "./day.ts";
import { covers, exceptionFor, stageHitsAt, type TrainingFacts } from "./stages.ts";

/** Whom a date hits. */
export type Impact = {
  readonly projects: readonly Project[];
  readonly organizations: readonly string[];
  readonly models: readonly string[];
  readonly counts: Hit;
};

/** What of a project a date is about. */
type Concern = {
  readonly covers: (base: string, method: string | null) => boolean;
  /** Only the base itself, only its tuned models, or both. */
  readonly isTuned: boolean | null;
};

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
const unique = (names: readonly string[]): string[] => [...new Set(names)].sort();

function concernOf({ what, subject, policy }: DatedEvent): Concern {
  if (policy) {
    const scoped = (base: string, method: string | null) =>
      covers(policy.scope, { base, method: method ?? "" }) ||
      (method === null && policy.scope !== "platform" && "method" in policy.scope);
    return { covers: scoped, isTuned: null };
  }
  const isTuned = what === "shutdown" ? false : what === "tuned_models_shutdown" ? true : null;
  return { covers: (base) => base === subject, isTuned };
}

/**
 * Whether a stage takes the right to train, as things stand: a date ahead is looked at as if it were today, since who
 * uses a tuned model now is expected to go on.
 */
function isHitBy(stage: Stage, facts: TrainingFacts, now: number): boolean {
  const isAhead = startOf(stage.date) > now;
  if (!isAhead) return (stageHitsAt(stage, facts) ?? Number.POSITIVE_INFINITY) <= now;
  // Whoever tuned first this very day has done so before a stage that is ahead.
  if (stage.who === "never_tuned") return facts.firstJobAt === null;
  const today = { ...stage, date: dayOf(now) };
  return (stageHitsAt(today, facts) ?? Number.POSITIVE_INFINITY) <= now;
}

/** The date from which a policy closes training to a project, as things stand; null: none does. */
export function closesOn(policy: Policy, project: Project, census: Census): string | null {
  const facts = factsOf(census, policy.name, project.organizationId);
  const stage = policy.stages.find((one) => isHitBy(one, facts, census.now));
  if (!stage) return null;
  const asker = { organizationId: project.organizationId, projectId: project.id };
  const until = exceptionFor(policy.exceptions, asker)?.until ?? stage.date;
  return until > stage.date ? until : stage.date;
}

function isConcerned(project: Project, concern: Concern, census: Census): boolean {
  const { isTuned } = concern;
  const uses = (census.usage.get(project.id) ?? []).some(
    (use) => concern.covers(use.base, null) && (isTuned === null || (use.isTuned === 1) === isTuned),
  );
  if (isTuned === false) return uses;
  const owns = (census.models.get(project.id) ?? []).some(({ base }) => concern.covers(base, null));
  if (isTuned === true) return owns;
  return (
    uses || owns || (census.jobs.get(project.id) ?? []).some((job) => concern.covers(job.base, job.method))
  );
}

function projectsHit(event: DatedEvent, census: Census): Project[] {
  const { policy } = event;
  if (policy) return census.projects.filter((project) => closesOn(policy, project, census) === event.date);
  const concern = concernOf(event);
  return census.projects.filter((project) => isConcerned(project, concern, census));
}

function modelsHit(event: DatedEvent, projects: readonly Project[], census: Census): string[] {
  const { covers: isAbout, isTuned } = concernOf(event);
  if (!event.policy && isTuned !== true) return [event.subject];
  const all = projects.flatMap(({ id }) => census.models.get(id) ?? []);
  return unique(all.filter(({ base }) => isAbout(base, null)).map(({ id }) => id));
}

/** Whom a date hits, as things stand. A policy's date counts those whom none of its earlier ones has hit. */
export function impactOf(event: DatedEvent, census: Census): Impact {
  const projects = projectsHit(event, census);
  const { covers: isAbout, isTuned } = concernOf(event);
  const jobs = projects
    .flatMap(({ id }) => census.jobs.get(id) ?? [])
    .filter((job) => isAbout(job.base, job.method));
  const usage = projects
    .flatMap(({ id }) => census.usage.get(id) ?? [])
    .filter((use) => isAbout(use.base, null) && (isTuned === null || (use.isTuned === 1) === isTuned));
  const organizations = unique(projects.map(({ organizationId }) => organizationId));
  const models = modelsHit(event, projects, census);
  const counts: Hit = {
    organizations: organizations.length,
    projects: projects.length,
    keys: sum(projects.map(({ keys }) => keys)),
    models: models.length,
    open_jobs: sum(jobs.map(({ open }) => open)),
    jobs_30_days: sum(jobs.map(({ recent }) => recent)),
    requests_30_days: sum(usage.map(({ requests }) => requests)),
    tokens_30_days: sum(usage.map(({ tokens }) => tokens)),
  };
  return { projects, organizations, models, counts };
}
