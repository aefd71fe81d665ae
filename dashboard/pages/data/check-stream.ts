import type { FileReport } from "../../../contract/training-data.ts";
import { createFileChecker } from "../../../training-data/check-rows.ts";
import {
  type JsonlProblem,
  type JsonlRow,
  notUtf8,
  parseText,
  tooLongLine,
} from "../../../training-data/jsonl.ts";
import { createSplitter, type LineOf } from "../../../training-data/split-lines.ts";

/** How far the check of a file is that has not left this machine. */
export type LocalCheck = {
  readonly report: FileReport;
  readonly readBytes: number;
  readonly isDone: boolean;
  /** The text of the first lines at fault. */
  readonly rows: ReadonlyMap<number, string>;
};

/** A page shows no more of them; the server's own check lists all. */
const LISTED = 100;
const ROWS_CHARACTERS = 512 * 1024;
const LONGEST_ROW = 32 * 1024;
const REMEMBERED_ROWS = 1_000_000;
const TELL_EVERY_MS = 150;

const arrays = {
  cut: (chunk: Uint8Array, from: number, to?: number) => chunk.subarray(from, to),
  join(parts: readonly Uint8Array[]): Uint8Array {
    const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  },
};

type Read = { readonly text: string; readonly row: JsonlRow | JsonlProblem };

/** A line's bytes as text, and as a row or as what is wrong with it. */
function createReader() {
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const lenient = new TextDecoder("utf-8", { ignoreBOM: true });
  return ({ number, bytes }: LineOf<Uint8Array>): Read => {
    if (bytes === null) return { text: "", row: tooLongLine(number) };
    try {
      const text = strict.decode(bytes);
      return { text, row: parseText(number, text) };
    } catch {
      const start = Array.from(bytes.subarray(0, 200), (byte) => String.fromCharCode(byte)).join("");
      return { text: lenient.decode(bytes), row: notUtf8(number, start) };
    }
  };
}

/** Keeps the text of the first lines at fault, as long as they are few and short. */
function createFaultyRows() {
  const rows = new Map<number, string>();
  let characters = 0;
  return {
    rows,
    add(line: number, text: string): void {
      if (rows.size >= LISTED || text === "" || characters >= ROWS_CHARACTERS) return;
      const kept = text.slice(0, LONGEST_ROW);
      rows.set(line, kept);
      characters += kept.length;
    },
  };
}

function createCheck(size: number) {
  const checker = createFileChecker({ method: null, name: "file", mostRemembered: REMEMBERED_ROWS });
  const faulty = createFaultyRows();
  const read = createReader();
  const soFar = (): FileReport => ({
    format: null,
    bytes: size,
    rows: checker.rowCount(),
    problem_count: checker.problems.count,
    problems: checker.problems.list().slice(0, LISTED),
    problem_groups: [],
    warnings: [],
  });
  function atEnd(): FileReport {
    const report = checker.finish(size);
    return { ...report, problems: report.problems.slice(0, LISTED) };
  }
  return {
    add(line: LineOf<Uint8Array>): void {
      const before = checker.problems.count;
      const { text, row } = read(line);
      checker.add(row);
      if (checker.problems.count > before) faulty.add(line.number, text);
    },
    tell: (readBytes: number, isDone: boolean): LocalCheck => ({
      report: isDone ? atEnd() : soFar(),
      readBytes,
      isDone,
      rows: faulty.rows,
    }),
  };
}

type Source = { readonly size: number; readonly stream: () => ReadableStream<Uint8Array> };

/** Checks a file as the server will, without its tokens; no more of it is held than one chunk and one line. */
export async function checkStream(
  file: Source,
  onProgress: (check: LocalCheck) => void,
  now: () => number = () => performance.now(),
): Promise<LocalCheck> {
  const check = createCheck(file.size);
  const splitter = createSplitter<Uint8Array>(arrays);
  const reader = file.stream().getReader();
  let readBytes = 0;
  let told = now();
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    readBytes += chunk.value.byteLength;
    for (const line of splitter.push(chunk.value)) check.add(line);
    if (now() - told < TELL_EVERY_MS) continue;
    told = now();
    onProgress(check.tell(readBytes, false));
  }
  for (const line of splitter.end()) check.add(line);
  return check.tell(readBytes, true);
}
