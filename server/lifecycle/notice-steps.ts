import { DAY_SECONDS, startOf } from "./day.ts";

/** So many days before a date those whom it hits are told again. */
export const REMINDER_DAYS = [90, 60, 30, 14, 7, 1] as const;

/** How near a date is: 0 from its announcement on, 1 from 90 days before on, …, 6 from one day before on. */
export const ANNOUNCED = 0;
/** The date has come. */
export const COME = REMINDER_DAYS.length + 1;

/** The last step that was reached. */
export function stepAt(date: string, now: number): number {
  const left = startOf(date) - now;
  if (left <= 0) return COME;
  return REMINDER_DAYS.filter((days) => left <= days * DAY_SECONDS).length;
}

/**
 * For a date that every use puts off by `days`: who uses the model every few weeks is not reminded each time, so only
 * steps in the second half of the time count.
 */
export function lapseStepAt(date: string, days: number, now: number): number {
  const step = stepAt(date, now);
  const before = REMINDER_DAYS[step - 1];
  return before !== undefined && before * 2 > days ? ANNOUNCED : step;
}
