import { createHash } from "node:crypto";
import { Refusal } from "../../contract/errors.ts";
import type { LifecycleDocument, LifecyclePlan, PlannedDate } from "../../contract/lifecycle.ts";
import type { Census } from "./census.ts";
import { scopeText } from "./check-policies.ts";
import { type DatedEvent, datedEvents } from "./dated-events.ts";
import { startOf } from "./day.ts";
import { type Entries, type Expanded, type Placed, paramOf } from "./document.ts";
import { type Impact, impactOf } from "./impact.ts";
import type { Touched } from "./lifecycle-store.ts";

const SHOWN = 20;

export type PlannedEvent = { readonly event: DatedEvent; readonly impact: Impact };

/** What the change says, and what is in force after it. */
export type Proposal = {
  readonly document: LifecycleDocument;
  readonly change: Expanded;
  readonly version: number;
  readonly current: Entries;
  readonly after: Entries;
};

const textOf = (value: unknown) => (value === undefined ? null : JSON.stringify(value));

/** The entries that a change touches, as they are and as they become. */
export function touchedBy({ change, current, after }: Proposal): Touched[] {
  const models = [...change.models.map(({ value }) => value.id), ...change.withdraw.models];
  const policies = [...change.policies.map(({ value }) => value.name), ...change.withdraw.policies];
  return [
    ...models.map((name) => ({
      kind: "model" as const,
      name,
      before: textOf(current.models.get(name)),
      after: textOf(after.models.get(name)),
    })),
    ...policies.map((name) => ({
      kind: "policy" as const,
      name,
      before: textOf(current.policies.get(name)),
      after: textOf(after.policies.get(name)),
    })),
  ];
}

function actionOf({ before, after }: Touched) {
  if (before === after) return "unchanged" as const;
  if (after === null) return "withdraw" as const;
  return before === null ? ("add" as const) : ("replace" as const);
}

/** The dates of what the change sets, whomever they hit. */
export function plannedEvents({ change, after }: Proposal, census: Census, today: string): PlannedEvent[] {
  const models = new Map(
    change.models.flatMap(({ value }) => {
      const model = after.models.get(value.id);
      return model ? [[value.id, model] as const] : [];
    }),
  );
  const policies = new Map(change.policies.map(({ value }) => [value.name, value]));
  return datedEvents({ models, policies }, today).map((event) => ({
    event,
    impact: impactOf(event, census),
  }));
}

export function presentDate({ event, impact }: PlannedEvent, census: Census): PlannedDate {
  return {
    date: event.date,
    what: event.what,
    subject: event.subject,
    who: event.stage?.who ?? null,
    is_past: startOf(event.date) <= census.now,
    hit: impact.counts,
    organizations: impact.organizations
      .slice(0, SHOWN)
      .map((id) => ({ id, name: census.organizations.get(id) ?? "" })),
    models: impact.models.slice(0, SHOWN),
  };
}

/** The same change on the same state, hitting the same organizations, projects and models, has the same hash. */
export function hashOf({ version, after, change }: Proposal, events: readonly PlannedEvent[]): string {
  const names = change.models.map(({ value }) => [value.id, after.models.get(value.id)]);
  const dates = events.map(({ event, impact }) => [
    event.date,
    event.what,
    event.subject,
    impact.organizations,
    impact.projects.map(({ id }) => id),
    impact.models,
  ]);
  const policies = change.policies.map(({ value }) => value);
  const text = JSON.stringify([version, names, policies, change.withdraw, dates]);
  return createHash("sha256").update(text).digest("hex");
}

const refuse = (text: string, param: string): never => {
  throw new Refusal("invalid_lifecycle", text, param);
};

/** A policy that would change nothing for anybody, or close everything without saying so, is taken for a mistake. */
export function checkReach(
  policy: Placed<LifecyclePlanPolicy>,
  events: readonly PlannedEvent[],
  { census, accept }: { census: Census; accept: Expanded["accept"] },
): void {
  const { value } = policy;
  const own = events.filter(({ event }) => event.policy?.name === value.name);
  const hit = new Set(own.flatMap(({ impact }) => impact.projects.map(({ id }) => id)));
  if (hit.size === 0 && !accept.has("hits_nobody"))
    refuse(
      `The policy ${value.name} would hit nobody as things stand. If it is meant for those who come later, add 'accept: [hits_nobody]'.`,
      paramOf(policy, "stages"),
    );
  const isForAll = value.stages.some(({ who }) => who === "everyone");
  if (hit.size === census.projects.length && !isForAll && !accept.has("hits_everybody"))
    refuse(
      `The policy ${value.name} would hit everybody (all ${census.organizations.size} organizations), though no stage says 'everyone'. If that is meant, add 'accept: [hits_everybody]'.`,
      paramOf(policy, "stages"),
    );
}
type LifecyclePlanPolicy = Expanded["policies"][number]["value"];

const isAtOnce = ({ event }: PlannedEvent, census: Census) =>
  event.what !== "deprecation" && startOf(event.date) <= census.now;

/** What is allowed but deserves a second look. */
export function warningsOf(
  { change, after }: Proposal,
  events: readonly PlannedEvent[],
  census: Census,
): string[] {
  const atOnce = events
    .filter((one) => isAtOnce(one, census))
    .map(({ event }) => `${event.date} is past: ${event.what} of ${event.subject} takes effect at once.`);
  const everyone = events
    .filter(({ event }) => event.stage?.who === "everyone")
    .map(
      ({ event }) =>
        `From ${event.date} on, ${event.subject} closes training to everyone in ${scopeText(event.policy?.scope ?? "platform")}, exceptions aside.`,
    );
  const several = after.policies.size > 1 && change.policies.length > 0;
  const overlapping = several
    ? [
        `${after.policies.size} policies are in force then; each must let a job pass, and an exception holds for its own policy alone.`,
      ]
    : [];
  const unused = events
    .filter(({ event, impact }) => event.what === "shutdown" && impact.projects.length === 0)
    .map(({ event }) => `Nobody has called ${event.subject} itself in the last 30 days.`);
  return [...atOnce, ...everyone, ...overlapping, ...unused];
}

export function presentPlan(
  proposal: Proposal,
  events: readonly PlannedEvent[],
  census: Census,
): LifecyclePlan {
  return {
    object: "lifecycle.plan",
    hash: hashOf(proposal, events),
    document: proposal.document,
    changes: touchedBy(proposal).map((one) => ({ kind: one.kind, name: one.name, action: actionOf(one) })),
    dates: events.map((one) => presentDate(one, census)),
    warnings: warningsOf(proposal, events, census),
  };
}
