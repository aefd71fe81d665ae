import { Refusal } from "../../contract/errors.ts";
import type { LifecycleState, Policy } from "../../contract/lifecycle.ts";
import type { Clock } from "../platform/clock.ts";
import { dayOf } from "./day.ts";
import { type Entries, noEntries } from "./document.ts";
import type { FactsStore } from "./facts-store.ts";
import { createTrainingGate } from "./gate.ts";
import type { LifecycleStore } from "./lifecycle-store.ts";
import { datesOf, type ModelDates, retired } from "./model-dates.ts";
import { type Schedule, scheduleOf, stateAt } from "./schedule.ts";
import type { Asker, Training } from "./stages.ts";

type Needs = {
  store: LifecycleStore;
  facts: FactsStore;
  now: Clock;
  /** Where people read about dates. */
  deprecationsPage: string;
};

/** What is in force, ready to be asked. */
type InForce = {
  readonly version: number;
  readonly entries: Entries;
  readonly schedules: ReadonlyMap<string, Schedule>;
  readonly policies: readonly Policy[];
};

const nothing: InForce = { version: 0, entries: noEntries, schedules: new Map(), policies: [] };

function inForce(version: number, entries: Entries, today: string): InForce {
  const schedules = [...entries.models.values()].map((model) => scheduleOf(model, today));
  return {
    version,
    entries,
    schedules: new Map(schedules.map((schedule) => [schedule.id, schedule])),
    policies: [...entries.policies.values()],
  };
}

const trainingEnded = ({ id, trainingEndsAt, successor }: Schedule) => {
  const next = successor ? ` Train on its successor, ${successor}.` : "";
  const text = `Training on the base model ${id} ended on ${trainingEndsAt}.${next}`;
  return new Refusal("training_not_available", text, "model");
};

/** The dates and policies in force, held in memory: asking them costs no request anything. */
export function createLifecycle({ store, facts, now, deprecationsPage }: Needs) {
  let held = nothing;
  const gate = createTrainingGate({ policies: () => held.policies, facts, now });

  async function reload(): Promise<void> {
    const { version, entries } = await store.read();
    held = inForce(version, entries, dayOf(now()));
  }

  /** null: no dates are planned for it. */
  const modelDates = (base: string, isTuned: boolean): ModelDates | null =>
    datesOf(held.schedules.get(base), isTuned, now());

  /** Refuses where a policy or the base's dates have ended training (403), or the model is gone (404). */
  async function assertMayTrain(asker: Asker, training: Training): Promise<void> {
    await gate.assertMayTrain(asker, training);
    const { base, model, isTuned } = training;
    if (modelDates(base, isTuned)?.state === "retired") throw retired(model, deprecationsPage);
    const schedule = held.schedules.get(base);
    const state = stateAt(schedule, now());
    if (schedule && (state === "training_closed" || state === "retired")) throw trainingEnded(schedule);
  }

  function show(): LifecycleState {
    const at = now();
    const models = [...held.entries.models.values()];
    return {
      object: "lifecycle",
      version: held.version,
      models: models.map((model) => ({ ...model, state: stateAt(held.schedules.get(model.id), at) })),
      policies: [...held.policies],
    };
  }

  return {
    reload,
    show,
    modelDates,
    assertMayTrain,
    factsFor: gate.factsFor,
    /** Entries and the version that they are of. */
    held: (): { version: number; entries: Entries } => held,
    schedules: () => held.schedules,
    policies: () => held.policies,
  };
}
export type Lifecycle = ReturnType<typeof createLifecycle>;
