import type { FileHandle } from "node:fs/promises";

/** A longer line is no event: it is passed over without being kept. */
const MAX_LINE_BYTES = 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;

/** `to`: the byte offset behind the line's newline. */
export type JournalLine = { readonly text: string; readonly to: number };

/**
 * Reads a file that grows, line by line from `offset` on, each byte once and with bounded memory, whatever stands in it.
 * `read` returns the lines that the next piece completes; null: it has seen all that is there.
 */
export function createLineReader(offset: number) {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let at = offset;
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let isTooLong = false;

  function keep(part: Buffer): void {
    pendingBytes += part.length;
    isTooLong ||= pendingBytes > MAX_LINE_BYTES;
    if (isTooLong) pending = [];
    else pending.push(Buffer.from(part));
  }

  function endLine(part: Buffer): string | null {
    keep(part);
    const text = isTooLong ? null : Buffer.concat(pending).toString("utf8");
    pending = [];
    pendingBytes = 0;
    isTooLong = false;
    return text;
  }

  function linesOf(chunk: Buffer): JournalLine[] {
    const lines: JournalLine[] = [];
    let from = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
      const text = endLine(chunk.subarray(from, end));
      from = end + 1;
      if (text !== null) lines.push({ text, to: at + from });
    }
    if (from < chunk.length) keep(chunk.subarray(from));
    at += chunk.length;
    return lines;
  }

  return async function read(handle: FileHandle): Promise<JournalLine[] | null> {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
    return bytesRead === 0 ? null : linesOf(buffer.subarray(0, bytesRead));
  };
}
