import { createReadStream, statSync } from "node:fs";
import { CliError } from "../cli-error.ts";
import { createCollector, type Usage } from "./collect.ts";
import { delimiterOf, readCsv } from "./read-csv.ts";
import { readJson } from "./read-json.ts";

export type Source = {
  /** As the user names it. */
  readonly name: string;
  readonly bytes: AsyncIterable<Uint8Array | string>;
  readonly signal: AbortSignal;
  readonly onRead?: (bytes: number) => void;
};

/** Enough for every header. */
const LONGEST_FIRST_LINE = 64 * 1024;

const readFailure = (name: string, cause: unknown): unknown =>
  cause instanceof Error && "syscall" in cause
    ? new CliError(`${name} cannot be read: ${cause.message}.`, 1, { cause })
    : cause;

function statOf(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    throw readFailure(path, cause);
  }
}

/** A file that is there and can be read. */
export function openUsageFile(path: string): {
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly size: number;
} {
  const stats = statOf(path);
  if (!stats) throw new CliError(`There is no file ${path}.`);
  if (stats.isDirectory()) throw new CliError(`${path} is a folder: give one file.`);
  return { bytes: createReadStream(path), size: stats.size };
}

/** Excel on Windows saves UTF-16; a file that is no text at all says so by its zeros. */
function encodingOf(first: Uint8Array): "utf-8" | "utf-16le" {
  return first[0] === 0xff && first[1] === 0xfe ? "utf-16le" : "utf-8";
}

async function* textOf({ name, bytes, onRead }: Source): AsyncGenerator<string> {
  let decoder: TextDecoder | null = null;
  let read = 0;
  for await (const chunk of bytes) {
    const piece = typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk;
    decoder ??= new TextDecoder(encodingOf(piece));
    read += piece.byteLength;
    onRead?.(read);
    const text = decoder.decode(piece, { stream: true });
    if (text.includes("\u0000")) throw new CliError(`${name} is no text: give the CSV or JSON export.`);
    yield text;
  }
  yield decoder?.decode() ?? "";
}

/** The beginning that says what a file is, and the whole again. */
async function peek(text: AsyncGenerator<string>): Promise<{ head: string; all: AsyncIterable<string> }> {
  let head = "";
  while (head.length < LONGEST_FIRST_LINE && !/\S[^\r\n]*[\r\n]/.test(head)) {
    const { value, done } = await text.next();
    if (done) break;
    head += value;
  }
  async function* all() {
    yield head;
    yield* text;
  }
  return { head, all: all() };
}

/** Usage by model, of a CSV export, a list of names or OpenAI's JSON. */
export async function readUsage(source: Source): Promise<Usage> {
  const { name, signal } = source;
  const collector = createCollector(name);
  try {
    const { head, all } = await peek(textOf(source));
    const start = head.trimStart();
    if (start.startsWith("{") || start.startsWith("[")) await readJson(all, collector, name);
    else {
      const firstLine = start.split(/[\r\n]/, 1)[0] ?? "";
      await readCsv(all, collector, { file: name, delimiter: delimiterOf(firstLine), signal });
    }
  } catch (cause) {
    throw readFailure(name, cause);
  }
  return collector.result();
}
