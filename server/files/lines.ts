import type { FileHandle } from "node:fs/promises";

export type Line = { readonly number: number; readonly bytes: Buffer };

/** A longer line is no training row of any model; reading it whole would let one file take the server's memory. */
export const MAX_LINE_BYTES = 32 * 1024 * 1024;

export class LineTooLong extends Error {
  readonly line: number;
  constructor(line: number) {
    super(`Line ${line} is longer than ${MAX_LINE_BYTES >> 20} MiB.`);
    this.line = line;
  }
}

/**
 * The file's lines in order, without their newline; memory stays within the longest line and one chunk.
 * A newline at the very end starts no further line.
 */
export async function* readLines(handle: FileHandle): AsyncGenerator<Line> {
  const stream = handle.createReadStream({ highWaterMark: 256 * 1024, autoClose: false, start: 0 });
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let number = 1;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
      const rest = chunk.subarray(from, end);
      yield { number, bytes: pending.length === 0 ? rest : Buffer.concat([...pending, rest]) };
      pending = [];
      pendingBytes = 0;
      number += 1;
      from = end + 1;
    }
    if (from < chunk.length) pending.push(chunk.subarray(from));
    pendingBytes += chunk.length - from;
    if (pendingBytes > MAX_LINE_BYTES) throw new LineTooLong(number);
  }
  if (pending.length > 0) yield { number, bytes: Buffer.concat(pending) };
}
