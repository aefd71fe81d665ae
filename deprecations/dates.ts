import type { Deprecation, DeprecationDate, DeprecationState } from "../contract/deprecations.ts";

const DAY = 24 * 60 * 60;

export const dayOf = (unixSeconds: number): string => new Date(unixSeconds * 1000).toISOString().slice(0, 10);

/** 00:00 UTC of the day; of a month or a year, its first. */
export const startOf = (day: string): number => Date.parse(`${day.padEnd(10, "-01")}T00:00:00Z`) / 1000;

/** 0 on the day itself, when it has ended; negative afterwards. */
export const daysLeft = (day: string, now: number): number => (startOf(day) - startOf(dayOf(now))) / DAY;

export const hasCome = (day: string, now: number): boolean => startOf(day) <= now;

type Dated = Pick<Deprecation, "dates">;

const dayWhen = ({ dates }: Dated, what: DeprecationDate["what"]): string | undefined =>
  dates.find((one) => one.what === what)?.date;

const lastDay = ({ dates }: Dated): string =>
  dates.reduce((last, { date }) => (date > last ? date : last), "");

/** The day on which what the entry is about ends; for a model with a day of its own for its tunes, that of the model. */
export const endOf = (entry: Dated): string => dayWhen(entry, "shutdown") ?? lastDay(entry);

/** The day on which models tuned from the entry's model end. */
export const tunedEndOf = (entry: Dated): string => dayWhen(entry, "tuned_shutdown") ?? endOf(entry);

/** What the days that have come have done. */
export function stateOf(entry: Pick<Deprecation, "kind" | "dates">, now: number): DeprecationState {
  const isOver = (what: DeprecationDate["what"]) => hasCome(dayWhen(entry, what) ?? "9999-12-31", now);
  if (entry.kind !== "training" && hasCome(endOf(entry), now)) return "retired";
  if (isOver("training_ends")) return "training_closed";
  return isOver("read_only") ? "read_only" : "announced";
}

/** By the day they end, then by name. */
export const byEnd = (one: Deprecation, other: Deprecation): number =>
  endOf(one).localeCompare(endOf(other)) || one.subject.localeCompare(other.subject);

/** Whether one of the days lies from `after` to `before`, both included. */
export const isWithin = (entry: Dated, after: string | undefined, before: string | undefined): boolean =>
  entry.dates.some(({ date }) => (!after || date >= after) && (!before || date <= before));

/** Whether the last of its days has come. */
export const isOver = (entry: Dated, now: number): boolean => hasCome(lastDay(entry), now);
