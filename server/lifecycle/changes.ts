import type { NamedPage } from "../../contract/common.ts";
import { Refusal } from "../../contract/errors.ts";
import { type LifecycleChange, LifecycleDocument, type LifecyclePlan } from "../../contract/lifecycle.ts";
import type { Clock } from "../platform/clock.ts";
import { newLifecycleChangeId } from "../platform/ids.ts";
import { takeCensus } from "./census.ts";
import { checkModels } from "./check-models.ts";
import { checkPolicies } from "./check-policies.ts";
import { datedEvents } from "./dated-events.ts";
import { dayOf, startOf } from "./day.ts";
import { entriesAfter, expandDocument, readDocument } from "./document.ts";
import type { FactsStore } from "./facts-store.ts";
import type { ImpactStore } from "./impact-store.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { ChangeRow, LifecycleStore, Touched } from "./lifecycle-store.ts";
import {
  checkReach,
  type PlannedEvent,
  type Proposal,
  plannedEvents,
  presentPlan,
  touchedBy,
} from "./plan.ts";
import { assertUndoable } from "./undo.ts";

type Needs = {
  store: LifecycleStore;
  impact: ImpactStore;
  facts: FactsStore;
  lifecycle: Lifecycle;
  bases: { has(id: string): boolean };
  now: Clock;
  /** Something is to be told to those whom it hits. */
  onChanged: () => void;
};

const present = (row: ChangeRow): LifecycleChange => ({
  id: row.id,
  object: "lifecycle.change",
  created_at: row.created_at,
  key_id: row.key_id,
  note: row.note,
  plan_hash: row.plan_hash,
  document: LifecycleDocument.parse(JSON.parse(row.document)),
  undoes: row.undoes,
  undone_by: row.undone_by,
  undo_until: row.undo_until,
});

const noSuchChange = (id: string, param: string) =>
  new Refusal("change_not_found", `No change ${id} of the life cycle.`, param);

const planChanged = (hash: string) =>
  new Refusal(
    "plan_changed",
    `This is not the plan that was reviewed: the change, what is in force, or whom it hits is another by now. Plan again (the hash is ${hash} now), review it, and apply that.`,
    "plan_hash",
  );

const busy = () =>
  new Refusal("plan_changed", "Another change was applied at the same moment. Plan again.", "plan_hash");

/** The first date ahead: once it has come, the change is history. */
const undoUntil = (events: readonly PlannedEvent[], now: number): string | null =>
  events.find(({ event }) => event.what !== "deprecation" && startOf(event.date) > now)?.event.date ?? null;

/** Planning, applying and taking back changes of dates and policies. */
export function createChanges({ store, impact, facts, lifecycle, bases, now, onChanged }: Needs) {
  async function propose(input: unknown) {
    const document = readDocument(input);
    const at = now();
    const { version, entries: current } = lifecycle.held();
    const change = expandDocument(document);
    const after = entriesAfter(current, change, dayOf(at));
    const known = { bases, current, after, now: at };
    const exceptions = change.policies.flatMap(({ value }) => value.exceptions);
    const named = await impact.listKnown(exceptions);
    checkModels(change, known);
    checkPolicies(change, known, ({ organization, project }) =>
      named.has(project === undefined ? `organization ${organization}` : `project ${project}`),
    );
    const policies = change.policies.map(({ value }) => value);
    const census = await takeCensus({ impact, facts, policies, now: at });
    const proposal: Proposal = { document, change, version, current, after };
    const events = plannedEvents(proposal, census, dayOf(at));
    for (const policy of change.policies) checkReach(policy, events, { census, accept: change.accept });
    return { proposal, events, plan: presentPlan(proposal, events, census), at };
  }

  async function keep(row: Parameters<typeof store.apply>[0], touched: readonly Touched[], version: number) {
    if (!(await store.apply(row, touched, version))) throw busy();
    await lifecycle.reload();
    onChanged();
    return await get(row.id);
  }

  /** Nothing is changed. */
  const plan = async (input: unknown): Promise<LifecyclePlan> => (await propose(input)).plan;

  /** `hash`: of the plan that was reviewed. */
  async function apply(input: unknown, hash: string, keyId: string): Promise<LifecycleChange> {
    const { proposal, events, plan: found, at } = await propose(input);
    if (found.hash !== hash) throw planChanged(found.hash);
    const touched = touchedBy(proposal);
    const row = {
      id: newLifecycleChangeId(),
      created_at: at,
      key_id: keyId,
      note: proposal.document.note ?? null,
      plan_hash: hash,
      document: JSON.stringify(proposal.document),
      entries: JSON.stringify(touched),
      undoes: null,
      undo_until: undoUntil(events, at),
    };
    return await keep(row, touched, proposal.version);
  }

  async function getRow(id: string, param: string): Promise<ChangeRow> {
    const row = await store.findChange(id);
    if (!row) throw noSuchChange(id, param);
    return row;
  }

  const get = async (id: string) => present(await getRow(id, "id"));

  /** Puts back what was in force before, until the change's first date. */
  async function undo(id: string, keyId: string): Promise<LifecycleChange> {
    const before = await getRow(id, "id");
    const { version, entries } = lifecycle.held();
    const touched: Touched[] = JSON.parse(before.entries);
    assertUndoable(before, touched, { entries, bases, now: now() });
    const back = touched.map((one) => ({ ...one, before: one.after, after: one.before }));
    const row = {
      id: newLifecycleChangeId(),
      created_at: now(),
      key_id: keyId,
      note: `Takes back ${id}`,
      plan_hash: before.plan_hash,
      document: before.document,
      entries: JSON.stringify(back),
      undoes: id,
      undo_until: null,
    };
    return await keep(row, back, version);
  }

  async function list(page: { limit: number; after?: string }): Promise<NamedPage<LifecycleChange>> {
    const after = page.after === undefined ? null : await getRow(page.after, "after");
    const rows = await store.listChanges({ limit: page.limit, beforeSeq: after?.seq ?? null });
    const data = rows.slice(0, page.limit).map(present);
    const ends = { first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
    return { object: "list", data, ...ends, has_more: rows.length > page.limit };
  }

  /** Everything that is in force, by date. */
  const listDates = () => datedEvents(lifecycle.held().entries, dayOf(now()));

  return { plan, apply, undo, get, list, listDates };
}
export type Changes = ReturnType<typeof createChanges>;
