import { open } from "node:fs/promises";
import type { FileReport } from "../contract/training-data.ts";
import { createFileChecker, type RowOptions } from "./check-rows.ts";
import { garbageCollector } from "./collect-garbage.ts";
import { readLines } from "./lines.ts";
import { parseLine } from "./read-jsonl.ts";
import type { RowTable } from "./row-table.ts";

export type CheckOptions = RowOptions & {
  readonly chunkBytes?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onRead?: ((bytes: number) => void) | undefined;
};

export type CheckedFile = { readonly report: FileReport; readonly table: RowTable };

/** The parser keeps one copy of each short text, outside of what V8 counts, until a full collection. */
const COLLECT_EVERY_ROWS = 250_000;

/** Reads a training file row by row, with bounded memory, and notes everything that stops a job and what may be amiss. */
export async function checkFile(path: string, options: CheckOptions): Promise<CheckedFile> {
  await using handle = await open(path, "r");
  const checker = createFileChecker(options);
  const { size } = await handle.stat();
  let read = 0;
  const onRead = (bytes: number) => {
    if (read === 0) checker.table.reserve((checker.table.size * size) / bytes);
    read = bytes;
    options.onRead?.(bytes);
  };
  let [collect, collectAt] = [() => {}, COLLECT_EVERY_ROWS];
  for await (const lines of readLines(handle, { ...options, onRead })) {
    for (const line of lines) checker.add(parseLine(line));
    if (checker.rowCount() < collectAt) continue;
    if (collectAt === COLLECT_EVERY_ROWS) collect = garbageCollector();
    collectAt += COLLECT_EVERY_ROWS;
    collect();
  }
  return { report: checker.finish(size), table: checker.table };
}
