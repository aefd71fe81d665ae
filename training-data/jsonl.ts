import { isUtf8 } from "node:buffer";
import type { FileHandle } from "node:fs/promises";
import { isDeeperThan, MAX_JSON_DEPTH } from "../contract/json-depth.ts";
import { type Line, MAX_LINE_BYTES, readLines } from "./lines.ts";

export type Dictionary = Readonly<Record<string, unknown>>;
export type JsonlRow = {
  readonly line: number;
  readonly value: Dictionary;
  /** Only an escape can write what is no text. */
  readonly hasEscapes: boolean;
};
export type JsonlProblem = { readonly line: number; readonly message: string };

export const isDictionary = (value: unknown): value is Dictionary =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** OpenAI's sentence; programs look for its beginning (the n8n node among them). */
const notJsonl = (start: string) =>
  `Expected file to have JSONL format, where every line is a valid JSON dictionary. Line starts with: ${start}`;

const OPENING_BRACE = 123;

const startOf = (text: string) => (text.length > 40 ? `${text.slice(0, 40)}...` : text);

const problem = (line: number, start: string, advice: string): JsonlProblem => ({
  line,
  message: `${notJsonl(start)} (line ${line}: ${advice})`,
});

function parseValue(line: number, text: string): JsonlRow | JsonlProblem {
  if (isDeeperThan(text, MAX_JSON_DEPTH)) {
    return problem(line, startOf(text), `it is nested deeper than ${MAX_JSON_DEPTH} levels`);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (isDictionary(value)) return { line, value, hasEscapes: text.includes("\\u") };
    const kind = Array.isArray(value) ? "an array" : value === null ? "null" : `a ${typeof value}`;
    return problem(line, startOf(text), `this is ${kind}; write one JSON object a line`);
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : String(error);
    // The parser quotes the text; the start of the line is quoted already.
    return problem(line, startOf(text), reason.replace(/, ?(\.{3})?".*$/s, ""));
  }
}

/** A line as a row or as what is wrong with it. */
export function parseLine({ number: line, bytes }: Line): JsonlRow | JsonlProblem {
  if (bytes === null)
    return problem(line, "", `the line is longer than ${MAX_LINE_BYTES >> 20} MiB; split it`);
  if (!isUtf8(bytes)) {
    return problem(
      line,
      startOf(bytes.toString("latin1", 0, 200)),
      "the text is not UTF-8; save the file as UTF-8",
    );
  }
  const text = bytes.toString("utf8");
  // What begins as a row does is neither empty nor marked.
  if (bytes[0] === OPENING_BRACE) return parseValue(line, text);
  if (text.startsWith("\uFEFF")) {
    return problem(
      line,
      startOf(text.slice(1)),
      "the file begins with a byte-order mark; save it as UTF-8 without one",
    );
  }
  if (text.trim() === "") return problem(line, "", "the line is empty; delete it");
  return parseValue(line, text);
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
  return rows > 0 ? null : problem(1, "", "the file is empty");
}
