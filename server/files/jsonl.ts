import type { FileHandle } from "node:fs/promises";
import { isDeeperThan, MAX_JSON_DEPTH } from "../platform/json-depth.ts";
import { LineTooLong, readLines } from "./lines.ts";

export type JsonlRow = { readonly line: number; readonly value: Record<string, unknown> };
export type JsonlProblem = { readonly line: number; readonly message: string };

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** OpenAI's sentence; programs look for its beginning (the n8n node among them). */
const notJsonl = (start: string) =>
  `Expected file to have JSONL format, where every line is a valid JSON dictionary. Line starts with: ${start}`;

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
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return { line, value: { ...value } };
    const kind = Array.isArray(value) ? "an array" : value === null ? "null" : `a ${typeof value}`;
    return problem(line, startOf(text), `this is ${kind}; write one JSON object a line`);
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : String(error);
    // The parser quotes the text; the start of the line is quoted already.
    return problem(line, startOf(text), reason.replace(/, ?(\.{3})?".*$/s, ""));
  }
}

function parseLine(line: number, bytes: Buffer): JsonlRow | JsonlProblem {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    return problem(line, startOf(bytes.toString("latin1")), "the text is not UTF-8; save the file as UTF-8");
  }
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

/** Each line as a row or as what is wrong with it. */
export async function* readJsonl(handle: FileHandle): AsyncGenerator<JsonlRow | JsonlProblem> {
  try {
    for await (const { number, bytes } of readLines(handle)) yield parseLine(number, bytes);
  } catch (error) {
    if (!(error instanceof LineTooLong)) throw error;
    yield problem(error.line, "", "the line is longer than 32 MiB; split it");
  }
}

/** The first line that is not a JSON object; null: all are. An empty file has none. */
export async function findJsonlProblem(
  handle: FileHandle,
  signal?: AbortSignal,
): Promise<JsonlProblem | null> {
  let rows = 0;
  for await (const row of readJsonl(handle)) {
    if ("message" in row) return row;
    rows += 1;
    signal?.throwIfAborted();
  }
  return rows > 0 ? null : problem(1, "", "the file is empty");
}
