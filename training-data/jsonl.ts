import { hasMoreValuesThan, isDeeperThan, MAX_JSON_DEPTH, MAX_JSON_VALUES } from "../contract/json-depth.ts";
import { binaryFault, isSurelyNoJson, jsonFault } from "./json-fault.ts";
import { repeatsAName } from "./repeated-names.ts";

/** A longer line is no training row of any model; reading it whole would let one file take the machine's memory. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;

export type Dictionary = Readonly<Record<string, unknown>>;
export type JsonlRow = {
  readonly line: number;
  readonly value: Dictionary;
  /** Only an escape can write what is no text. */
  readonly hasEscapes: boolean;
  /** An object names a key twice, and all but the last are gone. */
  readonly repeatsAName: boolean;
};
export type JsonlProblem = { readonly line: number; readonly message: string };

export const isDictionary = (value: unknown): value is Dictionary =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** OpenAI's sentence; programs look for its beginning (the n8n node among them). */
const notJsonl = (start: string) =>
  `Expected file to have JSONL format, where every line is a valid JSON dictionary. Line starts with: ${start}`;

/** Zeros and escapes of a file that is no text would reach terminals and logs as they are. */
const readable = (text: string) =>
  text.replace(/\p{Cc}/gu, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);

const startOf = (text: string) => readable(text.length > 40 ? `${text.slice(0, 40)}...` : text);

/** The parser counts lines within the row, and quotes the text, whose start is quoted already. */
const withoutPlace = (reason: string) =>
  reason.replace(/, ?(\.{3})?".*$/s, "").replace(/ \(line \d+ column \d+\)$/, "");

const problem = (line: number, start: string, advice: string): JsonlProblem => ({
  line,
  message: `${notJsonl(start)} (line ${line}: ${advice})`,
});

/** What stops a parser, or takes its memory; null: nothing does. */
function boundFault(text: string): string | null {
  if (text.length < 2 * MAX_JSON_DEPTH) return null;
  if (isDeeperThan(text, MAX_JSON_DEPTH)) return `it is nested deeper than ${MAX_JSON_DEPTH} levels`;
  return hasMoreValuesThan(text, MAX_JSON_VALUES)
    ? `it holds more than ${MAX_JSON_VALUES.toLocaleString("en-US")} values; split it`
    : null;
}

/** One sign is found many times as fast as two. */
const holdsEscape = (text: string) => text.includes("\\") && text.includes("\\u");

function parseValue(line: number, text: string): JsonlRow | JsonlProblem {
  const refused = boundFault(text) ?? (isSurelyNoJson(text) ? jsonFault(text) : null);
  if (refused) return problem(line, startOf(text), refused);
  try {
    const value: unknown = JSON.parse(text);
    if (isDictionary(value))
      return { line, value, hasEscapes: holdsEscape(text), repeatsAName: repeatsAName(text, value) };
    const kind = Array.isArray(value) ? "an array" : value === null ? "null" : `a ${typeof value}`;
    return problem(line, startOf(text), `this is ${kind}; write one JSON object a line`);
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : String(error);
    return problem(line, startOf(text), jsonFault(text) ?? readable(withoutPlace(reason)));
  }
}

export const tooLongLine = (line: number): JsonlProblem =>
  problem(line, "", `the line is longer than ${MAX_LINE_BYTES >> 20} MiB; split it`);

/** `start`: the line's first bytes, each as the character of that number. */
export const notUtf8 = (line: number, start: string): JsonlProblem =>
  problem(line, startOf(start), binaryFault(start));

export const emptyFile = (): JsonlProblem => problem(1, "", "the file is empty");

/** A line as a row or as what is wrong with it. */
export function parseText(line: number, text: string): JsonlRow | JsonlProblem {
  // What begins as a row does is neither empty nor marked.
  if (text.startsWith("{")) return parseValue(line, text);
  if (text.startsWith("\uFEFF")) {
    return problem(
      line,
      startOf(text.slice(1)),
      "the line begins with a byte-order mark; save the file as UTF-8 without one",
    );
  }
  if (text.trim() === "") return problem(line, "", "the line is empty; delete it");
  return parseValue(line, text);
}
