import { closeSync, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { writeFileDurably } from "../platform/disk.ts";

/** More than this is cut to its end when a trainer starts: a job may be resumed often, and only the latest lines tell. */
const MOST_BYTES = 4 * 1024 * 1024;
const KEPT_BYTES = 1024 * 1024;

function endOf(path: string, size: number): string {
  const end = Buffer.alloc(KEPT_BYTES);
  const fd = openSync(path, "r");
  readSync(fd, end, 0, KEPT_BYTES, size - KEPT_BYTES);
  closeSync(fd);
  return end.toString("utf8", end.indexOf(10) + 1);
}

/** A descriptor to append what the job's trainer prints. */
export function openTrainerLog(folder: string): number {
  const path = join(folder, "trainer.log");
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > MOST_BYTES) writeFileDurably(path, endOf(path, size));
  return openSync(path, "a", 0o600);
}
