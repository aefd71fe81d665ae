import type { StreamEvent } from "../../contract/responses.ts";
import type { Log } from "../platform/log.ts";
import { type NewEvent, numbered } from "./output-events.ts";
import type { ResponseStore } from "./response-store.ts";

type Entry = { next: number; unsaved: StreamEvent[]; changed: PromiseWithResolvers<void> };
type Needs = { store: Pick<ResponseStore, "addEvents" | "eventsAfter">; log: Log; flushMs?: number };

/** The promise, unless the signal comes first. */
async function settled(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const left = Promise.withResolvers<void>();
  const leave = () => left.resolve();
  signal.addEventListener("abort", leave, { once: true });
  if (signal.aborted) leave();
  await Promise.race([promise, left.promise]);
  signal.removeEventListener("abort", leave);
}

/** The events of responses that are being made: numbered at once, stored in batches, read by whoever follows. */
export function createEventLog({ store, log, flushMs = 200 }: Needs) {
  const open = new Map<string, Entry>();
  let timer: NodeJS.Timeout | undefined;

  function later(): void {
    timer ??= setTimeout(() => void flush(), flushMs).unref();
  }

  function announce(entry: Entry): void {
    entry.changed.resolve();
    entry.changed = Promise.withResolvers();
  }

  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const taken = [...open].flatMap(([responseId, entry]) => {
      const events = entry.unsaved;
      entry.unsaved = [];
      return events.length === 0 ? [] : [{ responseId, entry, events }];
    });
    if (taken.length === 0) return;
    try {
      await store.addEvents(taken);
      for (const { entry } of taken) announce(entry);
    } catch (err) {
      log.error({ err }, "events of responses could not be stored; it is tried again");
      for (const { entry, events } of taken) entry.unsaved.unshift(...events);
      later();
    }
  }

  function getEntry(id: string): Entry {
    const entry = open.get(id);
    if (!entry) throw new Error(`The response ${id} is not being made.`);
    return entry;
  }

  /** Numbers an event; it is stored with the next batch. */
  function push(id: string, event: NewEvent): StreamEvent {
    const entry = getEntry(id);
    const made = numbered(event, entry.next);
    entry.next += 1;
    entry.unsaved.push(made);
    later();
    return made;
  }

  /** Stored events after `sequence`, then those to come as they are stored, to the end of the response. */
  async function* follow(id: string, sequence: number, signal: AbortSignal): AsyncGenerator<StreamEvent> {
    for (let last = sequence; !signal.aborted; ) {
      // Taken before reading: what is stored meanwhile is announced on it.
      const entry = open.get(id);
      const changed = entry?.changed.promise;
      for (const event of await store.eventsAfter(id, last)) {
        yield event;
        last = event.sequence_number;
      }
      if (!changed) return;
      await settled(changed, signal);
    }
  }

  return {
    /** `next`: the number of the first event that is to come. */
    begin(id: string, next: number): void {
      open.set(id, { next, unsaved: [], changed: Promise.withResolvers() });
    },
    push,
    /** What is not stored yet, for whoever stores it with the end. */
    takeUnsaved(id: string): StreamEvent[] {
      const entry = getEntry(id);
      const events = entry.unsaved;
      entry.unsaved = [];
      return events;
    },
    /** Call it once the end is stored. */
    end(id: string): void {
      const entry = open.get(id);
      open.delete(id);
      entry?.changed.resolve();
    },
    follow,
    flush,
    async [Symbol.asyncDispose]() {
      await flush();
      clearTimeout(timer);
      for (const entry of open.values()) entry.changed.resolve();
      open.clear();
    },
  };
}
export type EventLog = ReturnType<typeof createEventLog>;
