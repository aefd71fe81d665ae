import type {
  LifecycleStatus,
  ModelStatus,
  Policy,
  PolicyStatus,
  Stage,
  StageStatus,
} from "../../contract/lifecycle.ts";
import type { Clock } from "../platform/clock.ts";
import { daysUntil, startOf } from "./day.ts";
import type { FactsStore } from "./facts-store.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { ModelDates } from "./model-dates.ts";
import { type Asker, exceptionFor, policyHitsAt, stageHitsAt, type TrainingFacts } from "./stages.ts";
import { keepFor, policySentence, reasonFor } from "./status-text.ts";

/** A tuned model that the project may call. */
export type OwnModel = { readonly id: string; readonly base: string };

type Needs = {
  lifecycle: Lifecycle;
  facts: FactsStore;
  bases: ReadonlyMap<string, unknown>;
  /** Newest first; also those past their date. */
  listTuned: (projectId: string) => Promise<readonly OwnModel[]>;
  now: Clock;
};

/** Who asks, what the rules know of it, and when. */
type Position = {
  readonly asker: Asker;
  readonly facts: TrainingFacts;
  readonly now: number;
  /** The model whose call is proposed. */
  readonly model: string | null;
};

/** `sparedUntil`: the end of an exception, before which no stage hits; 0: there is none. */
function stageStatus(
  { date, who }: Stage,
  { facts, now, model }: Position,
  sparedUntil: number,
): StageStatus {
  const hitsAt = stageHitsAt({ date, who }, facts);
  return {
    date,
    who,
    is_in_force: now >= startOf(date),
    hits_you: hitsAt !== null,
    hits_you_at: hitsAt === null ? null : Math.max(hitsAt, sparedUntil),
    reason: reasonFor({ date, who }, facts, hitsAt),
    keep: keepFor({ date, who }, { hitsAt, now, model }),
  };
}

function policyStatus(policy: Policy, position: Position): PolicyStatus {
  const { asker, facts, now } = position;
  const endsAt = policyHitsAt(policy, asker, facts);
  const exception = exceptionFor(policy.exceptions, asker);
  return {
    name: policy.name,
    scope: policy.scope,
    stages: policy.stages.map((stage) =>
      stageStatus(stage, position, exception ? startOf(exception.until) : 0),
    ),
    exception: exception && { until: exception.until, reason: exception.reason },
    may_train: endsAt === null || now < endsAt,
    ends_at: endsAt,
  };
}

function modelStatus(
  model: { id: string; base: string },
  dates: ModelDates | null,
  { now, lastAt }: { now: number; lastAt: number | null },
): ModelStatus {
  const schedule = dates?.schedule;
  return {
    id: model.id,
    base_model: model.base,
    state: dates?.state ?? "active",
    training_ends_at: schedule?.trainingEndsAt ?? null,
    shutdown_date: schedule?.shutdownAt ?? null,
    days_left: schedule?.shutdownAt ? daysUntil(schedule.shutdownAt, now) : null,
    successor: schedule?.successor ?? null,
    reason: schedule?.reason ?? null,
    last_inference_at: lastAt,
  };
}

type Dated = { readonly at: number; readonly text: string };

/** The first stage to hit, with what is said of it. Nothing keeps what another takes at the same moment for good. */
function policySummary(policy: Policy, shown: PolicyStatus, now: number): Dated[] {
  const { ends_at: hitsAt } = shown;
  if (hitsAt === null) return [];
  const hitting = shown.stages
    .filter(({ hits_you_at }) => hits_you_at !== null && hits_you_at <= hitsAt)
    .sort((a, b) => (a.hits_you_at ?? 0) - (b.hits_you_at ?? 0));
  const keep = hitting.every((stage) => stage.keep !== null) ? hitting[0]?.keep : null;
  const stage = { hitsAt, keep: keep ?? null, reason: hitting[0]?.reason ?? "" };
  return [{ at: hitsAt, text: policySentence(policy, stage, now) }];
}

function modelSummary({ id, shutdown_date: day, state, successor }: ModelStatus): Dated[] {
  if (day === null) return [];
  const next = successor ? ` Its base's successor is ${successor}.` : "";
  const keep = id.startsWith("ft:") ? ` Its weights stay: perennial models export ${id}` : "";
  const text =
    state === "retired"
      ? `${id} has answered nobody since ${day}.`
      : `${id} answers until ${day}, 00:00 UTC.`;
  return [{ at: startOf(day), text: `${text}${next}${keep}` }];
}

function baseSummary({ id, training_ends_at: day, state }: ModelStatus): Dated[] {
  if (day === null) return [];
  const text =
    state === "training_closed" || state === "retired"
      ? `Training on ${id} has ended on ${day}.`
      : `Training on ${id} ends on ${day}.`;
  return [{ at: startOf(day), text }];
}

const isCheckpoint = ({ id }: OwnModel) => id.includes(":ckpt-step-");

/** Where a project stands: what it may do, what it loses when, and what keeps it. */
export function createStatus({ lifecycle, facts, bases, listTuned, now }: Needs) {
  /** The model whose call is proposed: the newest that answers, a checkpoint only where there is nothing else. */
  function callable(tuned: readonly OwnModel[]): string | null {
    const live = tuned.filter(({ base }) => lifecycle.modelDates(base, true)?.state !== "retired");
    return (live.find((one) => !isCheckpoint(one)) ?? live[0])?.id ?? null;
  }

  async function status(asker: Asker): Promise<LifecycleStatus> {
    const at = now();
    const tuned = await listTuned(asker.projectId);
    const last = await facts.lastInferences(asker.projectId);
    const model = callable(tuned);
    const policies = lifecycle.policies();
    const standing = await Promise.all(
      policies.map(async (policy) => ({
        policy,
        shown: policyStatus(policy, {
          asker,
          now: at,
          model,
          facts: await lifecycle.factsFor(policy, asker),
        }),
      })),
    );
    const platform = standing.filter(({ shown }) => shown.scope === "platform").map(({ shown }) => shown);
    const ends = platform.flatMap(({ ends_at }) => (ends_at === null ? [] : [ends_at]));
    const baseModels = [...bases.keys()].map((id) =>
      modelStatus({ id, base: id }, lifecycle.modelDates(id, false), { now: at, lastAt: null }),
    );
    const tunedModels = tuned.map((one) =>
      modelStatus(one, lifecycle.modelDates(one.base, true), { now: at, lastAt: last.get(one.id) ?? null }),
    );
    const spans = await facts.listSpans(asker.organizationId, "platform");
    const summary = [
      ...standing.flatMap(({ policy, shown }) => policySummary(policy, shown, at)),
      ...baseModels.flatMap((one) => [...baseSummary(one), ...modelSummary(one)]),
      ...tunedModels.flatMap(modelSummary),
    ].sort((a, b) => a.at - b.at);
    return {
      object: "lifecycle.status",
      project_id: asker.projectId,
      organization_id: asker.organizationId,
      now: at,
      training: {
        may_train: platform.every(({ may_train }) => may_train),
        ends_at: ends.length === 0 ? null : Math.min(...ends),
        first_job_at: await facts.firstJobAt(asker.organizationId, "platform"),
        last_inference_at: spans.at(-1)?.lastAt ?? null,
        policies: standing.map(({ shown }) => shown),
      },
      models: [...baseModels, ...tunedModels],
      summary: summary.map(({ text }) => text),
    };
  }
  return { status };
}
export type Status = ReturnType<typeof createStatus>;
