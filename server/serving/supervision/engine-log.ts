import { type FileHandle, mkdir, open, stat, truncate } from "node:fs/promises";
import { devNull } from "node:os";
import { dirname } from "node:path";

const MAX_BYTES = 1024 * 1024;
const KEPT_LINES = 5;
const KEPT_BYTES = 64 * 1024;

/** What to tell of a process's lines, after all that it has written. */
export type PickLines = (lines: readonly string[]) => readonly string[];
export const lastOf: PickLines = (lines) => lines.slice(-KEPT_LINES);

/** A file that engine processes append to, and what one of them wrote there. */
export type EngineLog = { readonly handle: FileHandle; lastLines(): Promise<readonly string[]> };

async function linesFrom(path: string, start: number, pick: PickLines): Promise<readonly string[]> {
  await using file = await open(path);
  const { size } = await file.stat();
  const from = Math.max(start, size - KEPT_BYTES);
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(KEPT_BYTES), position: from });
  const lines = buffer.toString("utf8", 0, bytesRead).split("\n");
  return pick(lines.filter((line) => line.trim() !== ""));
}

async function openFile(path: string, pick: PickLines): Promise<EngineLog> {
  await mkdir(dirname(path), { recursive: true });
  const size = await stat(path).then(
    (stats) => stats.size,
    () => 0,
  );
  const isFull = size > MAX_BYTES;
  if (isFull) await truncate(path);
  const start = isFull ? 0 : size;
  // Last, since a handle that nobody closes ends the process once it is collected.
  const handle = await open(path, "a", 0o600);
  return { handle, lastLines: () => linesFrom(path, start, pick).catch(() => []) };
}

/** Opens the log for one more process; a full one starts over. Without a log, as on a full disk, engines run all the same. */
export async function openEngineLog(path: string, pick = lastOf): Promise<EngineLog> {
  try {
    return await openFile(path, pick);
  } catch (error) {
    const reason = `The engine's log could not be opened: ${error instanceof Error ? error.message : error}`;
    return { handle: await open(devNull, "a"), lastLines: async () => [reason] };
  }
}
