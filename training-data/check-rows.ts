import type { Method } from "../contract/training.ts";
import type { DataFormat, FileReport } from "../contract/training-data.ts";
import { createFileWarnings } from "./file-warnings.ts";
import { Problems, Warnings } from "./findings.ts";
import { foreignAdvice } from "./foreign-row.ts";
import type { Dictionary, JsonlProblem, JsonlRow } from "./jsonl.ts";
import { readRow } from "./reading.ts";
import { findRowProblems, formatOf, mainKey } from "./row-rules.ts";
import type { RowTable } from "./row-table.ts";

export type RowOptions = {
  /** null: what the file's format asks for. */
  readonly method: Method | null;
  /** How the file is called in a sentence: its id, or its path. */
  readonly name: string;
  /** The rows of the training file, to find the same ones in a validation file. */
  readonly training?: RowTable | null;
  /** Rows to compare with each other. */
  readonly mostRemembered?: number;
};

/** Of both files of a job. At some 20 bytes each, the shortest rows that fill 512 MB stay under 300 MB of memory. */
export const MOST_REMEMBERED = 5_000_000;

const REPEATED_KEY =
  "An object names the same key twice: only the last is read. Remove the others, or give them names of their own.";

const nouns = {
  chat: "chat messages",
  completion: "a prompt/completion pair",
  preference: "a preference pair",
} as const;
/** OpenAI's names; of the last two only the pattern is known. */
const openaiNames = {
  chat: "fine-tune-chat",
  completion: "fine-tune-completion",
  preference: "fine-tune-preference",
} as const;

export const methodFor = (format: DataFormat | null): Method =>
  format === "preference" ? "dpo" : "supervised";

/** The rows of one file, one after another. */
function createRowChecker(problems: Problems, warnings: Warnings, options: RowOptions) {
  let format: DataFormat | null = null;
  let firstOfFormat = 0;
  let firstForeign: Dictionary | null = null;
  const rows = createFileWarnings({
    warnings,
    mostRemembered: options.mostRemembered ?? MOST_REMEMBERED,
    training: options.training ?? null,
  });

  const missing = (): string => {
    if (format) return mainKey[format];
    return options.method === "dpo" ? "input" : "messages";
  };

  function isOfFormat({ line, value }: JsonlRow): boolean {
    const own = formatOf(value);
    if (own === null) {
      const key = missing();
      firstForeign ??= value;
      const message = `Example ${line} is missing key '${key}'.`;
      const code = format ? "missing_key" : "unknown_format";
      problems.add({ line, param: key, code, message, fix: foreignAdvice(value) });
      return false;
    }
    if (format === null) {
      format = own;
      firstOfFormat = line;
    }
    if (own === format) return true;
    const message = `Example ${line} is ${nouns[own]}, but the file holds ${nouns[format]} since example ${firstOfFormat}.`;
    problems.add({ line, param: mainKey[own], code: "mixed_formats", message });
    return false;
  }

  function add(row: JsonlRow): void {
    const { line, value, hasEscapes, repeatsAName } = row;
    if (!isOfFormat(row) || format === null) return;
    const found = findRowProblems(value, line, { format, mayHoldHalves: hasEscapes });
    for (const { code, param, message } of found) problems.add({ line, code, param, message });
    if (repeatsAName) warnings.add(line, "repeated_key", { message: REPEATED_KEY });
    if (found.length === 0) rows.add(line, value, readRow(value, format));
  }

  return { add, rows, formatOf: () => format, firstForeign: () => firstForeign };
}

/** What is wrong with the file as a whole. */
function checkFormat(
  problems: Problems,
  { formatOf: find, firstForeign }: ReturnType<typeof createRowChecker>,
  { method, name }: RowOptions,
) {
  const format = find();
  if (format === null) {
    if (method === "dpo") return;
    const message = "Unexpected file format, expected either prompt/completion pairs or chat messages.";
    const first = firstForeign();
    const fix = first && foreignAdvice(first);
    return problems.add({ line: null, param: null, code: "unknown_format", message, fix });
  }
  if (method === null || method === methodFor(format)) return;
  const message = `Input file ${name} is in the ${openaiNames[format]} format, but the specified fine-tuning job is not using '${methodFor(format)}' as the training method (provided method=${method}).`;
  problems.add({ line: null, param: null, code: "wrong_method", message });
}

/** Takes the rows of one file, one after another, and notes everything that stops a job and what may be amiss. */
export function createFileChecker(options: RowOptions) {
  const problems = new Problems();
  const warnings = new Warnings();
  const checker = createRowChecker(problems, warnings, options);
  let rows = 0;
  let parsed = 0;

  function add(row: JsonlRow | JsonlProblem): void {
    rows += 1;
    if ("message" in row) {
      problems.add({ line: row.line, param: "row", code: "invalid_jsonl", message: row.message });
      return;
    }
    parsed += 1;
    checker.add(row);
  }

  /** After the last row, once. */
  function finish(bytes: number): FileReport {
    if (parsed > 0) checkFormat(problems, checker, options);
    checker.rows.finish();
    return {
      format: checker.formatOf(),
      bytes,
      rows,
      problem_count: problems.count,
      problems: problems.list(),
      problem_groups: problems.groups(),
      warnings: warnings.list(),
    };
  }

  return { add, finish, problems, table: checker.rows.table, rowCount: () => rows };
}
