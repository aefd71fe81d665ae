import { Refusal } from "../../contract/errors.ts";
import type { ModelSchedule } from "../../contract/lifecycle.ts";
import { startOf } from "./day.ts";
import type { Entries, Expanded, Placed } from "./document.ts";

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

function assertKnown({ value, path }: Placed<ModelSchedule>, { bases, current }: Known): void {
  if (bases.has(value.id) || current.models.has(value.id)) return;
  const text = value.id.startsWith("ft:")
    ? `${value.id} is a tuned model: it follows its base. Give the base dates, and say with 'tuned_models' what becomes of the models tuned on it.`
    : `There is no base model ${value.id} on this server.`;
  refuse(text, `${path}.id`);
}

function assertOrder({ value, path }: Placed<ModelSchedule>, { after }: Known): void {
  const { training_ends_at: training, shutdown_at: shutdown } = value;
  const announced = after.models.get(value.id)?.announced_at;
  if (!training && !shutdown)
    refuse(`${value.id} has no date: give 'training_ends_at', 'shutdown_at' or both.`, `${path}.shutdown_at`);
  if (training && shutdown && training > shutdown)
    refuse(`Training ends on ${training}, after the shutdown on ${shutdown}.`, `${path}.training_ends_at`);
  const first = training ?? shutdown;
  if (announced && first && announced > first)
    refuse(
      `It is announced on ${announced}, after the date that it announces, ${first}.`,
      `${path}.announced_at`,
    );
  if (!shutdown && value.tuned_models !== "end_with_base")
    refuse(`'tuned_models' says what follows a shutdown; give 'shutdown_at', too.`, `${path}.tuned_models`);
}

function assertModelAhead(
  { value, path }: Placed<ModelSchedule>,
  { current, now }: Known,
  accept: Expanded["accept"],
): void {
  const before = current.models.get(value.id);
  for (const name of ["training_ends_at", "shutdown_at"] as const) {
    const day = value[name];
    // What is in force already may stand in a later change as it is.
    if (day && day !== before?.[name]) assertAhead(day, `${path}.${name}`, { now, accept });
  }
}

const chainFrom = (id: string, after: Entries): string[] => {
  const chain = [id];
  for (;;) {
    const next = after.models.get(chain.at(-1) ?? "")?.successor;
    if (!next) return chain;
    chain.push(next);
    if (chain.indexOf(next) < chain.length - 1) return chain;
  }
};

function assertSuccessor({ value, path }: Placed<ModelSchedule>, { bases, after, now }: Known): void {
  const { id, successor } = value;
  if (!successor) return;
  const param = `${path}.successor`;
  if (successor === id) refuse(`${id} cannot be its own successor.`, param);
  if (!bases.has(successor)) refuse(`The successor ${successor} is not a base model of this server.`, param);
  const ends = after.models.get(successor)?.shutdown_at;
  if (ends && startOf(ends) <= now) refuse(`The successor ${successor} is retired since ${ends}.`, param);
  const chain = chainFrom(id, after);
  if (chain.indexOf(chain.at(-1) ?? "") < chain.length - 1)
    refuse(`The successors form a circle: ${chain.join(" → ")}.`, param);
  if (ends && value.shutdown_at && ends <= value.shutdown_at)
    refuse(`The successor ${successor} ends on ${ends}, no later than ${id} itself.`, param);
}

/** A successor that this change itself retires, named by a model that it does not mention. */
function assertStillSucceeded({ models, withdraw }: Expanded, { after }: Known): void {
  for (const { value, path } of models) {
    for (const [id, { successor, shutdown_at: ends }] of after.models) {
      if (successor !== value.id || !value.shutdown_at || withdraw.models.includes(id)) continue;
      if (ends && value.shutdown_at > ends) continue;
      const text = `${value.id} is the successor of ${id} and would end no later; name another successor for ${id} in the same change.`;
      refuse(text, `${path}.shutdown_at`);
    }
  }
}

function assertWithdrawable({ withdraw }: Expanded, { current }: Known): void {
  for (const [index, id] of withdraw.models.entries()) {
    if (!current.models.has(id))
      refuse(`The model ${id} has no dates to take away.`, `withdraw.models[${index}]`);
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
