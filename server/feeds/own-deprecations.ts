import { z } from "zod";
import type { DeprecationDate } from "../../contract/deprecations.ts";
import type { Policy, Stage } from "../../contract/lifecycle.ts";
import { dayOf, startOf } from "../lifecycle/day.ts";
import type { Lifecycle } from "../lifecycle/lifecycle.ts";
import type { LifecycleStore } from "../lifecycle/lifecycle-store.ts";
import type { Schedule } from "../lifecycle/schedule.ts";
import type { Clock } from "../platform/clock.ts";
import type { ListOwn, OwnDeprecation } from "./deprecations.ts";

type Needs = {
  readonly lifecycle: Pick<Lifecycle, "schedules" | "policies">;
  readonly changes: Pick<LifecycleStore, "listChanges">;
  readonly now: Clock;
};

/** Changes that are looked through for when an entry became what it is; what was not touched by them is old. */
const LOOKED_THROUGH = 100;

const Touched = z.array(
  z.object({
    kind: z.string(),
    name: z.string(),
    before: z.string().nullable(),
    after: z.string().nullable(),
  }),
);

const dateOn = (what: DeprecationDate["what"], date: string | null, note: string | null = null) =>
  date === null ? [] : [{ what, date, note }];

function tunesNote({ shutdownAt, tunedShutdownAt }: Schedule): string | null {
  if (tunedShutdownAt === null) return "models tuned on it keep serving";
  return tunedShutdownAt === shutdownAt ? "and every model tuned on it" : null;
}

function modelDates(schedule: Schedule): DeprecationDate[] {
  const { announcedAt, trainingEndsAt, shutdownAt, tunedShutdownAt } = schedule;
  const dates = [
    ...dateOn("training_ends", trainingEndsAt === shutdownAt ? null : trainingEndsAt),
    ...dateOn("shutdown", shutdownAt, tunesNote(schedule)),
    ...dateOn("tuned_shutdown", tunedShutdownAt === shutdownAt ? null : tunedShutdownAt),
  ];
  return dates.length > 0 ? dates : dateOn("stage", announcedAt, "deprecated, no day of its end yet");
}

const modelEntry = (schedule: Schedule, changedAt: number | undefined): OwnDeprecation => ({
  id: `own:model:${schedule.id}`,
  kind: "model",
  subject: schedule.id,
  announced_at: schedule.announcedAt,
  dates: modelDates(schedule),
  successor: schedule.successor,
  message: schedule.reason,
  updated_at: changedAt ?? startOf(schedule.announcedAt),
});

function whoWords(who: Stage["who"]): string {
  if (who === "everyone") return "for everyone";
  if (who === "never_tuned") return "for organizations that never tuned";
  return `for organizations that have not used a tuned model for ${who.inactive.days} days`;
}

function scopeWords({ scope }: Policy): string {
  if (scope === "platform") return "New fine-tuning jobs.";
  return "base" in scope ? `New fine-tuning jobs on ${scope.base}.` : `New ${scope.method} fine-tuning jobs.`;
}

function policyEntry(policy: Policy, changedAt: number | undefined): OwnDeprecation {
  const stages = [...policy.stages].sort((one, other) => one.date.localeCompare(other.date));
  const dates = stages.flatMap(({ date, who }) =>
    dateOn(who === "everyone" ? "training_ends" : "stage", date, whoWords(who)),
  );
  return {
    id: `own:policy:${policy.name}`,
    kind: "training",
    subject: policy.name,
    announced_at: null,
    dates,
    successor: null,
    message: [scopeWords(policy), policy.message ?? ""].join(" ").trim(),
    updated_at: changedAt ?? startOf(stages[0]?.date ?? "2000-01-01"),
  };
}

/** When each entry became what it is, by `kind name`. */
async function changeTimes(changes: Needs["changes"]): Promise<ReadonlyMap<string, number>> {
  const rows = await changes.listChanges({ limit: LOOKED_THROUGH, beforeSeq: null });
  const oldestFirst = rows.toReversed();
  return new Map(
    oldestFirst.flatMap(({ created_at, entries }) =>
      Touched.parse(JSON.parse(entries))
        .filter(({ before, after }) => before !== after)
        .map(({ kind, name }) => [`${kind} ${name}`, created_at] as const),
    ),
  );
}

/** The dates in force here. A model whose announcement lies ahead is not told of before. */
export const createListOwn =
  ({ lifecycle, changes, now }: Needs): ListOwn =>
  async () => {
    const times = await changeTimes(changes);
    const today = dayOf(now());
    const announced = [...lifecycle.schedules().values()].filter(({ announcedAt }) => announcedAt <= today);
    return [
      ...announced.map((schedule) => modelEntry(schedule, times.get(`model ${schedule.id}`))),
      ...lifecycle.policies().map((policy) => policyEntry(policy, times.get(`policy ${policy.name}`))),
    ];
  };
