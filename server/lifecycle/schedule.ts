import type { ModelSchedule, ModelState } from "../../contract/lifecycle.ts";
import { addDays, earlier, startOf } from "./day.ts";

/** A base model's dates with nothing left out but what never comes. */
export type Schedule = {
  readonly id: string;
  readonly announcedAt: string;
  readonly trainingEndsAt: string | null;
  readonly shutdownAt: string | null;
  /** Of the models tuned on it; null: they keep serving. */
  readonly tunedShutdownAt: string | null;
  readonly successor: string | null;
  readonly reason: string | null;
};

function tunedShutdown({ shutdown_at: day, tuned_models: fate }: ModelSchedule): string | null {
  if (!day || fate === "keep_serving") return null;
  return fate === "end_with_base" ? day : addDays(day, fate.days_after);
}

/** `today`: the announcement of a schedule that names none. */
export const scheduleOf = (model: ModelSchedule, today: string): Schedule => ({
  id: model.id,
  announcedAt: model.announced_at ?? today,
  trainingEndsAt: earlier(model.training_ends_at ?? null, model.shutdown_at ?? null),
  shutdownAt: model.shutdown_at ?? null,
  tunedShutdownAt: tunedShutdown(model),
  successor: model.successor ?? null,
  reason: model.reason ?? null,
});

const hasCome = (day: string | null, now: number): boolean => day !== null && now >= startOf(day);

type Dates = Pick<Schedule, "announcedAt" | "trainingEndsAt" | "shutdownAt">;

/** `active → deprecated → training_closed → retired`, each from 00:00 UTC of its day on. */
export function stateAt(dates: Dates | undefined, now: number): ModelState {
  if (!dates) return "active";
  if (hasCome(dates.shutdownAt, now)) return "retired";
  if (hasCome(dates.trainingEndsAt, now)) return "training_closed";
  return hasCome(dates.announcedAt, now) ? "deprecated" : "active";
}

/** The dates of a model tuned on the base: its own shutdown, the base's end of training. */
export const tunedDates = (schedule: Schedule): Schedule => ({
  ...schedule,
  shutdownAt: schedule.tunedShutdownAt,
});
