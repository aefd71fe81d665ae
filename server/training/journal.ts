import { watch } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { JournalEvent } from "../../contract/training.ts";

/** `to`: the byte offset behind the event's line. */
export type Journalled = { readonly event: JournalEvent; readonly to: number };

/** File systems that report no changes (network ones) are looked at this often. */
const POLL_MS = 250;

function parseLine(line: string): JournalEvent | null {
  try {
    const parsed = JournalEvent.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : null;
  } catch {
    // A torn line of a process that was killed while it wrote, or something a library printed.
    return null;
  }
}

/** Complete lines from `offset` on; what is not an event of the contract is skipped. */
export async function readJournal(handle: FileHandle, offset: number): Promise<Journalled[]> {
  const { size } = await handle.stat();
  if (size <= offset) return [];
  const buffer = Buffer.alloc(size - offset);
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
  const found: Journalled[] = [];
  let from = 0;
  for (let end = buffer.indexOf(10); end !== -1 && end < bytesRead; end = buffer.indexOf(10, from)) {
    const event = parseLine(buffer.toString("utf8", from, end));
    from = end + 1;
    if (event) found.push({ event, to: offset + from });
  }
  return found;
}

async function openWhenThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, "r");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
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
  const watcher = watch(dirname(path), ring);
  watcher.on("error", () => {});

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
  return { wait, ring, close: () => watcher.close() };
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
  let handle: FileHandle | null = null;
  let at = offset;
  try {
    while (!signal.aborted) {
      const wasOver = over;
      handle ??= await openWhenThere(path);
      const found = handle ? await readJournal(handle, at) : [];
      for (const one of found) {
        at = one.to;
        yield one;
      }
      if (found.length > 0) continue;
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
  try {
    const events = (await readJournal(handle, 0)).map(({ event }) => event);
    return events.findLast((event) => event.type === "started") ?? null;
  } finally {
    await handle.close();
  }
}
