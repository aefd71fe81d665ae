import type { DeprecationDate, DeprecationKind, DeprecationState } from "../contract/deprecations.ts";
import { daysLeft } from "./dates.ts";

const whats: Readonly<Record<DeprecationDate["what"], string>> = {
  training_ends: "training ends",
  read_only: "read-only",
  stage: "",
  shutdown: "shut down",
  tuned_shutdown: "tuned models shut down",
};

export const kindWords: Readonly<Record<DeprecationKind, string>> = {
  model: "model",
  tuned_models: "tuned models",
  endpoint: "endpoint",
  feature: "feature",
  training: "training",
};

export const stateWords: Readonly<Record<DeprecationState, string>> = {
  announced: "announced",
  read_only: "read-only",
  training_closed: "training closed",
  retired: "retired",
};

/** What happens on the day: `training ends (no earlier than)`. */
export function whatWords({ what, note }: Pick<DeprecationDate, "what" | "note">): string {
  const said = whats[what];
  if (note === null) return said || "next stage";
  return said === "" ? note : `${said} (${note})`;
}

const days = (count: number): string => `${count} day${count === 1 ? "" : "s"}`;

/** `49 days`, `today`, `34 days ago`. */
export function leftWords(day: string, now: number): string {
  const left = daysLeft(day, now);
  if (left === 0) return "today";
  return left > 0 ? days(left) : `${days(-left)} ago`;
}
