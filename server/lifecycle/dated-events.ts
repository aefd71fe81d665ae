import type { DateKind, ModelSchedule, Policy, Stage } from "../../contract/lifecycle.ts";
import { startOf } from "./day.ts";
import type { Entries } from "./document.ts";
import { type Schedule, scheduleOf } from "./schedule.ts";

/** Something that happens on a date. */
export type DatedEvent = {
  readonly date: string;
  readonly what: DateKind;
  /** The base model's id, or the policy's name. */
  readonly subject: string;
  readonly schedule: Schedule | null;
  readonly policy: Policy | null;
  readonly stage: Stage | null;
};

const nothing = { schedule: null, policy: null, stage: null } as const;

export function modelEvents(model: ModelSchedule, today: string): DatedEvent[] {
  const schedule = scheduleOf(model, today);
  const at = (what: DateKind, date: string | null): DatedEvent[] =>
    date === null ? [] : [{ ...nothing, date, what, subject: model.id, schedule }];
  return [
    ...at("deprecation", schedule.announcedAt),
    ...at("training_end", schedule.trainingEndsAt),
    ...at("shutdown", schedule.shutdownAt),
    ...at("tuned_models_shutdown", schedule.tunedShutdownAt),
  ];
}

export function policyEvents(policy: Policy): DatedEvent[] {
  const about = { ...nothing, subject: policy.name, policy };
  const stages = policy.stages.map((stage) => ({
    ...about,
    date: stage.date,
    what: "policy_stage" as const,
    stage,
  }));
  const ends = new Set(policy.exceptions.map(({ until }) => until));
  const exceptions = [...ends].map((date) => ({ ...about, date, what: "exception_end" as const }));
  return [...stages, ...exceptions];
}

const order: readonly DateKind[] = [
  "deprecation",
  "policy_stage",
  "exception_end",
  "training_end",
  "shutdown",
  "tuned_models_shutdown",
];

/** Everything that the entries say of dates, in the order of time. */
export function datedEvents({ models, policies }: Entries, today: string): DatedEvent[] {
  const all = [
    ...[...models.values()].flatMap((model) => modelEvents(model, today)),
    ...[...policies.values()].flatMap(policyEvents),
  ];
  return all.sort(
    (a, b) => startOf(a.date) - startOf(b.date) || order.indexOf(a.what) - order.indexOf(b.what),
  );
}
