import { isUtf8 } from "node:buffer";
import type { FileHandle } from "node:fs/promises";
import { emptyFile, type JsonlProblem, type JsonlRow, notUtf8, parseText, tooLongLine } from "./jsonl.ts";
import { type Line, readLines } from "./lines.ts";

/** A line's bytes as a row or as what is wrong with it. */
export function parseLine({ number, bytes }: Line): JsonlRow | JsonlProblem {
  if (bytes === null) return tooLongLine(number);
  if (!isUtf8(bytes)) return notUtf8(number, bytes.toString("latin1", 0, 200));
  return parseText(number, bytes.toString("utf8"));
}

/** The first line that is not a JSON object; null: all are. An empty file has none. */
export async function findJsonlProblem(
  handle: FileHandle,
  signal?: AbortSignal,
): Promise<JsonlProblem | null> {
  let rows = 0;
  for await (const lines of readLines(handle, { signal })) {
    for (const line of lines) {
      const row = parseLine(line);
      if ("message" in row) return row;
      rows += 1;
    }
  }
  return rows > 0 ? null : emptyFile();
}
