import { CliError } from "../cli-error.ts";
import type { Collector } from "./collect.ts";
import { findColumns, readRow, shownCell } from "./columns.ts";

/** Read whole: OpenAI's pages are small. */
const LARGEST = 256 * 1024 * 1024;
const DEEPEST = 20;

const textOf = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? String(value) : "";

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whatever object names a model is a row, however it is wrapped: pages of buckets of results, several pages, a plain list. */
function takeRows(value: unknown, collector: Collector, depth: number): void {
  if (depth > DEEPEST) return;
  if (Array.isArray(value)) {
    for (const one of value) {
      if (typeof one === "string") collector.add({ model: one, requests: 0, tokens: 0 });
      else takeRows(one, collector, depth + 1);
    }
    return;
  }
  if (!isObject(value)) return;
  const columns = findColumns(Object.keys(value));
  if (columns !== null) {
    const row = readRow(Object.values(value).map(textOf), columns);
    if ("column" in row)
      throw new CliError(
        `The usage of ${shownCell(textOf(value.model))} holds '${row.text}', which is no count.`,
      );
    collector.add(row);
    return;
  }
  for (const inner of Object.values(value)) {
    if (typeof inner === "object") takeRows(inner, collector, depth + 1);
  }
}

/** OpenAI's usage answers as JSON. */
export async function readJson(
  text: AsyncIterable<string>,
  collector: Collector,
  file: string,
): Promise<void> {
  const pieces: string[] = [];
  let length = 0;
  for await (const piece of text) {
    pieces.push(piece);
    length += piece.length;
    if (length > LARGEST)
      throw new CliError(`${file} is JSON of more than 256 MB: give the CSV export, or several parts.`);
  }
  let value: unknown;
  try {
    value = JSON.parse(pieces.join(""));
  } catch (cause) {
    throw new CliError(`${file} begins like JSON, but is none.`, 1, { cause });
  }
  takeRows(value, collector, 0);
}
