import { Refusal } from "../../contract/errors.ts";
import { ModelSchedule, Policy } from "../../contract/lifecycle.ts";
import { assertSuccessor } from "./check-models.ts";
import { assertAlone } from "./check-policies.ts";
import { startOf } from "./day.ts";
import type { Entries } from "./document.ts";
import type { ChangeRow, Touched } from "./lifecycle-store.ts";

type Situation = {
  readonly entries: Entries;
  readonly bases: { has(id: string): boolean };
  readonly now: number;
};

const refuse = (text: string): never => {
  throw new Refusal("change_not_undoable", text, "id");
};

function assertStanding({ id, undone_by, undoes, undo_until }: ChangeRow, now: number): void {
  if (undone_by) refuse(`Change ${id} was taken back by ${undone_by} already.`);
  if (undoes) refuse(`Change ${id} took back ${undoes}; apply that one's document again instead.`);
  if (undo_until && now >= startOf(undo_until))
    refuse(`Change ${id} could be taken back until ${undo_until}. Plan a new change instead.`);
}

function assertUntouched(touched: readonly Touched[], { models, policies }: Entries): void {
  for (const { kind, name, after } of touched) {
    const entry = kind === "model" ? models.get(name) : policies.get(name);
    const isSame = (entry === undefined ? null : JSON.stringify(entry)) === after;
    if (!isSame) refuse(`A later change has set the ${kind} ${name} again; take that one back first.`);
  }
}

/** What was in force before, among what is in force by now beside it. */
function entriesBefore(touched: readonly Touched[], { models, policies }: Entries): Entries {
  const before = { models: new Map(models), policies: new Map(policies) };
  for (const { kind, name, before: text } of touched) {
    if (text === null) before[kind === "model" ? "models" : "policies"].delete(name);
    else if (kind === "model") before.models.set(name, ModelSchedule.parse(JSON.parse(text)));
    else before.policies.set(name, Policy.parse(JSON.parse(text)));
  }
  return before;
}

/** Later changes of other entries may have taken the place of what would come back. */
function assertFits(touched: readonly Touched[], { entries, bases, now }: Situation): void {
  const after = entriesBefore(touched, entries);
  const known = { bases, current: entries, after, now };
  const names = new Set(touched.filter(({ kind }) => kind === "model").map(({ name }) => name));
  for (const value of after.models.values()) {
    if (names.has(value.id) || names.has(value.successor ?? ""))
      assertSuccessor({ value, path: "models" }, known);
  }
  for (const { kind, name } of touched) {
    const value = kind === "policy" ? after.policies.get(name) : undefined;
    if (value) assertAlone({ value, path: "policies" }, known);
  }
}

/** Refuses to take a change back once its date has come, or where later changes build on it. */
export function assertUndoable(row: ChangeRow, touched: readonly Touched[], situation: Situation): void {
  assertStanding(row, situation.now);
  assertUntouched(touched, situation.entries);
  try {
    assertFits(touched, situation);
  } catch (error) {
    if (error instanceof Refusal)
      refuse(`Change ${row.id} cannot be taken back as things are. ${error.message}`);
    throw error;
  }
}
