import type { DateKind, Scope, TunedModelsFate, Who } from "../../contract/lifecycle.ts";

/** Policies, dates and stages as people read them. */

export function whoText(who: Who): string {
  if (typeof who === "object") return `${who.inactive.days} days inactive`;
  return who === "never_tuned" ? "never tuned" : "everyone";
}

export function scopeText(scope: Scope): string {
  if (scope === "platform") return "platform";
  return "base" in scope ? `base ${scope.base}` : `method ${scope.method}`;
}

export function fateText(fate: TunedModelsFate): string {
  if (typeof fate === "object") return `end ${fate.days_after} days later`;
  return fate === "end_with_base" ? "end with it" : "keep serving";
}

const kinds: Readonly<Record<DateKind, string>> = {
  deprecation: "deprecated",
  training_end: "training ends",
  shutdown: "shutdown",
  tuned_models_shutdown: "its tuned models end",
  policy_stage: "stage",
  exception_end: "exceptions end",
};

export const kindText = (kind: DateKind): string => kinds[kind];

const DAY = 86_400;

/** Whole days until 00:00 UTC of a day; 0: it has begun. */
export const daysLeft = (day: string, now: number): number =>
  Math.max(0, Math.ceil((Date.parse(`${day}T00:00:00Z`) / 1000 - now) / DAY));

/** `2027-01-06 (41 days)` */
export function withDaysLeft(day: string | null | undefined, now: number): string {
  if (!day) return "";
  const days = daysLeft(day, now);
  return `${day} (${days === 0 ? "has come" : days === 1 ? "1 day" : `${days} days`})`;
}
