import type { DateKind, Hit, LifecyclePlan, Who } from "../../../contract/lifecycle.ts";
import { whole } from "../../ui/format.ts";

export function whoText(who: Who): string {
  if (typeof who === "object") return `those who have not called a tuned model for ${who.inactive.days} days`;
  return who === "never_tuned" ? "those who have never tuned" : "everyone";
}

const kinds: Readonly<Record<DateKind, string>> = {
  deprecation: "is deprecated",
  training_end: "is no longer trained on",
  shutdown: "is shut down",
  tuned_models_shutdown: "are shut down",
  policy_stage: "closes training",
  exception_end: "exceptions end",
};

/** What happens on a date, after the name of what it happens to. */
export const kindText = (what: DateKind, who: Who | null): string =>
  who === null ? kinds[what] : `${kinds[what]} to ${whoText(who)}`;

/** What that happens to. */
export const subjectText = (what: DateKind, subject: string): string =>
  what === "tuned_models_shutdown" ? `models tuned on ${subject}` : subject;

/** Each kind of date has a shape of its own, so that colour is never all that tells. */
export const kindSigns: Readonly<Record<DateKind, string>> = {
  deprecation: "◇",
  training_end: "▲",
  shutdown: "■",
  tuned_models_shutdown: "◆",
  policy_stage: "●",
  exception_end: "○",
};

export const kindNames: Readonly<Record<DateKind, string>> = {
  deprecation: "deprecated",
  training_end: "training ends",
  shutdown: "shutdown",
  tuned_models_shutdown: "tuned models end",
  policy_stage: "a policy's stage",
  exception_end: "exceptions end",
};

const counted = (count: number, one: string, many = `${one}s`) =>
  `${whole(count)} ${count === 1 ? one : many}`;
const some = (count: number, one: string) => (count > 0 ? [counted(count, one)] : []);

/** "1 organization, 2 projects, 3 keys"; nobody, where there is none. */
export function whomText(hit: Hit): string {
  const parts = [
    ...some(hit.organizations, "organization"),
    ...some(hit.projects, "project"),
    ...some(hit.keys, "key"),
    ...some(hit.models, "model"),
    ...some(hit.open_jobs, "open job"),
  ];
  return hit.projects === 0 && hit.organizations === 0 ? "hits nobody now" : `hits ${parts.join(", ")}`;
}

/** What those did in the last 30 days; null: nothing. */
export function workText(hit: Hit): string | null {
  const parts = [
    ...some(hit.jobs_30_days, "job"),
    ...some(hit.requests_30_days, "request"),
    ...some(hit.tokens_30_days, "token"),
  ];
  return parts.length === 0 ? null : `${parts.join(", ")} in the last 30 days`;
}

type Change = LifecyclePlan["changes"][number];
const actions: Readonly<Record<Change["kind"], Readonly<Record<Change["action"], string>>>> = {
  model: {
    add: "gets dates",
    replace: "gets other dates",
    withdraw: "loses its dates",
    unchanged: "keeps its dates",
  },
  policy: {
    add: "is new",
    replace: "is changed",
    withdraw: "is withdrawn",
    unchanged: "stays as it is",
  },
};
export const changeText = ({ kind, name, action }: Change): string =>
  `${kind === "model" ? "Model" : "Policy"} ${name} ${actions[kind][action]}`;
