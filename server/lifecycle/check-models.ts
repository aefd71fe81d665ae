import { Refusal } from "../../contract/errors.ts";
import { Day, type ModelSchedule } from "../../contract/lifecycle.ts";
import { dayOf, startOf } from "./day.ts";
import { type Entries, type Expanded, type Placed, paramOf } from "./document.ts";
import { scheduleOf } from "./schedule.ts";

export type Known = {
  readonly bases: { has(id: string): boolean };
  readonly current: Entries;
  readonly after: Entries;
  readonly now: number;
};

const refuse = (text: string, param: string): never => {
  throw new Refusal("invalid_lifecycle", text, param);
};

/** Says what is wrong with a date that has come, unless the change says that it may. */
export function assertAhead(
  day: string,
  path: string,
  { now, accept }: { now: number; accept: Expanded["accept"] },
) {
  if (startOf(day) > now || accept.has("past_dates")) return;
  refuse(
    `${day} has begun already, so this would take effect at once. Name a later day, or add 'accept: [past_dates]' if that is meant.`,
    path,
  );
}

function assertKnown(model: Placed<ModelSchedule>, { bases, current }: Known): void {
  const { value } = model;
  if (bases.has(value.id) || current.models.has(value.id)) return;
  const text = value.id.startsWith("ft:")
    ? `${value.id} is a tuned model: it follows its base. Give the base dates, and say with 'tuned_models' what becomes of the models tuned on it.`
    : `There is no base model ${value.id} on this server; GET /v1/models lists those there are.`;
  refuse(text, paramOf(model, "id"));
}

function assertOrder(model: Placed<ModelSchedule>, { after, now }: Known): void {
  const { value } = model;
  const { training_ends_at: training, shutdown_at: shutdown } = value;
  const announced = after.models.get(value.id)?.announced_at;
  if (!training && !shutdown)
    refuse(
      `${value.id} has no date: give 'training_ends_at', 'shutdown_at' or both.`,
      paramOf(model, "shutdown_at"),
    );
  if (training && shutdown && training > shutdown)
    refuse(
      `Training ends on ${training}, after the shutdown on ${shutdown}: name a day up to that one.`,
      paramOf(model, "training_ends_at"),
    );
  const first = training ?? shutdown;
  if (announced && first && announced > first)
    refuse(
      `It is announced on ${announced}, after the date that it announces, ${first}: give an earlier 'announced_at'.`,
      paramOf(model, "announced_at"),
    );
  if (!shutdown && value.tuned_models !== "end_with_base")
    refuse(
      `'tuned_models' says what follows a shutdown; give 'shutdown_at', too.`,
      paramOf(model, "tuned_models"),
    );
  const last = scheduleOf(value, dayOf(now)).tunedShutdownAt;
  if (last !== null && !Day.safeParse(last).success)
    refuse(
      `Its tuned models would end on ${last}, after 2199: give fewer days.`,
      paramOf(model, "tuned_models"),
    );
}

function assertModelAhead(
  model: Placed<ModelSchedule>,
  { current, now }: Known,
  accept: Expanded["accept"],
): void {
  const { value } = model;
  const before = current.models.get(value.id);
  for (const name of ["training_ends_at", "shutdown_at"] as const) {
    const day = value[name];
    // What is in force already may stand in a later change as it is.
    if (day && day !== before?.[name]) assertAhead(day, paramOf(model, name), { now, accept });
  }
}

/** The last day that the schedule speaks of; null: there is none. */
const lastDay = ({ shutdown_at, training_ends_at }: ModelSchedule) => shutdown_at ?? training_ends_at ?? null;

const chainFrom = (id: string, after: Entries): string[] => {
  const chain = [id];
  for (;;) {
    const next = after.models.get(chain.at(-1) ?? "")?.successor;
    if (!next) return chain;
    chain.push(next);
    if (chain.indexOf(next) < chain.length - 1) return chain;
  }
};

/** Whether there will be a successor once the model has ended. */
export function assertSuccessor(model: Placed<ModelSchedule>, { bases, after, now }: Known): void {
  const { id, successor } = model.value;
  if (!successor) return;
  const param = paramOf(model, "successor");
  if (successor === id) refuse(`${id} cannot be its own successor: name another base, or none.`, param);
  if (!bases.has(successor))
    refuse(
      `The successor ${successor} is not a base model of this server; GET /v1/models lists those there are.`,
      param,
    );
  const ends = after.models.get(successor)?.shutdown_at;
  if (ends && startOf(ends) <= now)
    refuse(`The successor ${successor} is retired since ${ends}: name another.`, param);
  const chain = chainFrom(id, after);
  if (chain.indexOf(chain.at(-1) ?? "") < chain.length - 1)
    refuse(`The successors form a circle: ${chain.join(" → ")}. Name one that is not in it.`, param);
  const last = lastDay(model.value);
  if (ends && last && ends <= last)
    refuse(`The successor ${successor} ends on ${ends}, no later than ${id} itself: name another.`, param);
}

/** A successor that this change itself retires, named by a model that it does not mention. */
function assertStillSucceeded({ models, withdraw }: Expanded, { after }: Known): void {
  for (const model of models) {
    const { id, shutdown_at: ends } = model.value;
    for (const other of after.models.values()) {
      const last = lastDay(other);
      if (other.successor !== id || !ends || !last || ends > last || withdraw.models.includes(other.id))
        continue;
      const text = `${id} is the successor of ${other.id} and would end no later than that one, on ${ends}; name another successor for ${other.id} in the same change.`;
      refuse(text, paramOf(model, "shutdown_at"));
    }
  }
}

function assertWithdrawable({ withdraw }: Expanded, { current }: Known): void {
  for (const [index, id] of withdraw.models.entries()) {
    if (!current.models.has(id))
      refuse(`The model ${id} has no dates to take away: leave it out.`, `withdraw.models[${index}]`);
  }
}

export function checkModels(change: Expanded, known: Known): void {
  assertWithdrawable(change, known);
  for (const model of change.models) {
    assertKnown(model, known);
    assertOrder(model, known);
    assertModelAhead(model, known, change.accept);
    assertSuccessor(model, known);
  }
  assertStillSucceeded(change, known);
}
