import { ModelSchedule, Policy } from "../../contract/lifecycle.ts";
import { type DatedEvent, modelEvents, policyEvents } from "./dated-events.ts";
import { dayOf, startOf } from "./day.ts";
import type { Touched } from "./lifecycle-store.ts";
import { topicKey, topicOf } from "./notice-topics.ts";

/** A change that was applied, or taken back. */
export type AppliedChange = { readonly at: number; readonly touched: readonly Touched[] };

function eventsIn(kind: Touched["kind"], entry: string | null, today: string): DatedEvent[] {
  if (entry === null) return [];
  const value: unknown = JSON.parse(entry);
  return kind === "model"
    ? modelEvents(ModelSchedule.parse(value), today)
    : policyEvents(Policy.parse(value));
}

function keyOf(event: DatedEvent): string {
  const topic = topicOf(event);
  return `${event.date} ${topic ? topicKey(topic) : ""}`;
}

/** The events whose date had come when one of these changes brought them: they took effect at once. */
export function freshEvents(changes: readonly AppliedChange[]): (event: DatedEvent) => boolean {
  const fresh = new Set<string>();
  for (const { at, touched } of changes) {
    for (const { kind, before, after } of touched) {
      const known = new Set(eventsIn(kind, before, dayOf(at)).map(keyOf));
      const added = eventsIn(kind, after, dayOf(at)).filter((event) => startOf(event.date) <= at);
      for (const key of added.map(keyOf)) if (!known.has(key)) fresh.add(key);
    }
  }
  return (event) => fresh.has(keyOf(event));
}
