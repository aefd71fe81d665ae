import { setImmediate as breathe } from "node:timers/promises";
import { CENSUS_DAYS, type Census, takeCensus } from "../lifecycle/census.ts";
import { datedEvents } from "../lifecycle/dated-events.ts";
import { DAY_SECONDS, dayOf } from "../lifecycle/day.ts";
import type { Entries } from "../lifecycle/document.ts";
import type { FactsStore } from "../lifecycle/facts-store.ts";
import { freshEvents } from "../lifecycle/fresh-events.ts";
import type { ImpactStore } from "../lifecycle/impact-store.ts";
import { prospectsOf } from "../lifecycle/notice-prospects.ts";
import { type DueNotice, dueNotices, isOpen } from "../lifecycle/notice-rules.ts";
import { newNoticeId } from "../platform/ids.ts";
import { draftOf } from "./draft.ts";
import type { NewNotice, NoticeStore, Outlets } from "./notice-store.ts";
import { writeNotice } from "./notice-text.ts";

type Needs = {
  /** What is in force, read anew: another server may have changed it. */
  readonly readEntries: () => Promise<{ version: number; entries: Entries }>;
  readonly impact: ImpactStore;
  readonly facts: FactsStore;
  readonly store: NoticeStore;
  readonly outlets: Outlets;
  /** Where people read about dates. */
  readonly page: string;
};

type Found = { readonly due: readonly DueNotice[]; readonly census: Census };

/** A change that took effect at once is told of for so long, by a server that was away when it was made. */
const FRESH_SECONDS = 7 * DAY_SECONDS;
const NOTICES_A_TRANSACTION = 100;

/** Organizations whole, so that each gets one mail; several in a transaction, since each of those waits for the disk. */
function batchesOf(due: readonly DueNotice[]): DueNotice[][] {
  const batches: DueNotice[][] = [];
  for (const own of Map.groupBy(due, ({ project }) => project.organizationId).values()) {
    const last = batches.at(-1);
    if (last && last.length + own.length <= NOTICES_A_TRANSACTION) last.push(...own);
    else batches.push([...own]);
  }
  return batches;
}

const rowOf = (due: DueNotice, content: string, now: number): NewNotice => ({
  id: newNoticeId(),
  organization_id: due.project.organizationId,
  project_id: due.project.id,
  kind: due.kind,
  ...due.topic,
  date: due.date,
  event_date: due.eventDate,
  step: due.step,
  follows: due.told?.seq ?? 0,
  created_at: now,
  content,
});

export type TellDue = ReturnType<typeof createTellDue>;

/** Tells everybody what is due now, once. */
export function createTellDue({ readEntries, impact, facts, store, outlets, page }: Needs) {
  async function findDue(entries: Entries, now: number): Promise<Found | null> {
    const events = datedEvents(entries, dayOf(now));
    const told = await store.listTold();
    // Most servers plan nothing: they need no census.
    if (events.length === 0 && !told.some((one) => isOpen(one, now))) return null;
    const census = await takeCensus({ impact, facts, policies: [...entries.policies.values()], now });
    const isFresh = freshEvents(await store.listChanges(now - FRESH_SECONDS));
    const prospects = prospectsOf(events, census);
    return { census, due: dueNotices({ events, prospects, told, now, isFresh }) };
  }

  async function tellBatch(batch: readonly DueNotice[], census: Census, version: number): Promise<number> {
    const projects = [...new Set(batch.map(({ project }) => project.id))];
    const sinceDay = Math.floor(census.now / DAY_SECONDS) - CENSUS_DAYS;
    const used = await store.listUsedKeys(projects, sinceDay);
    const rows = batch.map((due) => {
      const content = writeNotice(draftOf(due, { census, used, page }));
      return rowOf(due, JSON.stringify(content), census.now);
    });
    return await store.tell(rows, version, outlets);
  }

  /** Gives back how many were told, and of which version of what is in force. */
  return async (now: number, signal: AbortSignal): Promise<{ count: number; version: number }> => {
    const { version, entries } = await readEntries();
    const found = await findDue(entries, now);
    let count = 0;
    for (const batch of found ? batchesOf(found.due) : []) {
      if (!found || signal.aborted) break;
      count += await tellBatch(batch, found.census, version);
      // SQLite answers at once, so without this no request would be served before all are told.
      await breathe();
    }
    return { count, version };
  };
}
