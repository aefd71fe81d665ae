import { type FSWatcher, watch } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { JournalEvent } from "../../contract/training.ts";
import { isMissing } from "../platform/disk.ts";
import { createLineReader } from "./journal-lines.ts";

/** `to`: the byte offset behind the event's line. */
export type Journalled = { readonly event: JournalEvent; readonly to: number };

/** Where no changes are reported (network file systems, a system out of watchers) it is looked this often. */
const POLL_MS = 250;

/** null: the system has no watcher left, or cannot watch there. */
function watchFolder(folder: string, ring: () => void): FSWatcher | null {
  try {
    const watcher = watch(folder, ring);
    watcher.on("error", () => {});
    return watcher;
  } catch {
    return null;
  }
}

function parseLine(line: string): JournalEvent | null {
  try {
    const parsed = JournalEvent.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : null;
  } catch {
    // A torn line of a process that was killed while it wrote, or something a library printed.
    return null;
  }
}

/** The events of the next piece of a journal; what is none is skipped. null: all that is there was read. */
async function readEvents(
  read: ReturnType<typeof createLineReader>,
  handle: FileHandle,
): Promise<Journalled[] | null> {
  const lines = await read(handle);
  if (!lines) return null;
  return lines.flatMap(({ text, to }) => {
    const event = parseLine(text);
    return event ? [{ event, to }] : [];
  });
}

async function openWhenThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, "r");
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Rings when something may have changed, also between two waits; `close` ends the watching. */
function createBell(path: string) {
  let hasRung = false;
  let wakeUp = () => {};
  const ring = () => {
    hasRung = true;
    wakeUp();
  };
  const watcher = watchFolder(dirname(path), ring);

  async function wait(): Promise<void> {
    if (!hasRung) {
      const timer = Promise.withResolvers<void>();
      const timeout = setTimeout(timer.resolve, POLL_MS);
      wakeUp = timer.resolve;
      await timer.promise;
      clearTimeout(timeout);
    }
    hasRung = false;
  }
  return { wait, ring, close: () => watcher?.close() };
}

/** The journal's events from `offset` on, as they are written, until `ended` and everything written is read. */
export async function* followJournal(
  path: string,
  offset: number,
  ended: Promise<unknown>,
  signal: AbortSignal,
) {
  const bell = createBell(path);
  let over = false;
  const end = () => {
    over = true;
    bell.ring();
  };
  ended.then(end, end);
  signal.addEventListener("abort", bell.ring);
  const read = createLineReader(offset);
  let handle: FileHandle | null = null;
  try {
    while (!signal.aborted) {
      const wasOver = over;
      handle ??= await openWhenThere(path);
      const found = handle ? await readEvents(read, handle) : null;
      if (found) {
        yield* found;
        continue;
      }
      if (wasOver) return;
      await bell.wait();
    }
  } finally {
    bell.close();
    signal.removeEventListener("abort", bell.ring);
    await handle?.close();
  }
}

/** The newest `started` of a journal; null: no process has begun. */
export async function findLastStarted(
  path: string,
): Promise<Extract<JournalEvent, { type: "started" }> | null> {
  const handle = await openWhenThere(path);
  if (!handle) return null;
  const read = createLineReader(0);
  try {
    let last: Extract<JournalEvent, { type: "started" }> | null = null;
    for (let found = await readEvents(read, handle); found; found = await readEvents(read, handle)) {
      for (const { event } of found) if (event.type === "started") last = event;
    }
    return last;
  } finally {
    await handle.close();
  }
}
