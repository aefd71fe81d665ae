import type { FileHandle } from "node:fs/promises";

/** `bytes` holds until the next batch is asked for; null: the line is longer than any that is read. */
export type Line = { readonly number: number; readonly bytes: Buffer | null };

/** A longer line is no training row of any model; reading it whole would let one file take the machine's memory. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;

const CHUNK_BYTES = 256 * 1024;

/** Cuts chunks, wherever they begin and end, into lines. */
function createSplitter() {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let number = 1;

  /** The buffer under `rest` is read into again, so what waits for its end is copied. */
  function keep(rest: Buffer): void {
    pendingBytes += rest.length;
    if (pendingBytes > MAX_LINE_BYTES) pending = [];
    else if (rest.length > 0) pending.push(Buffer.from(rest));
  }

  function endLine(rest: Buffer): Line {
    const isTooLong = pendingBytes + rest.length > MAX_LINE_BYTES;
    const bytes = pendingBytes === 0 ? rest : Buffer.concat([...pending, rest]);
    const line = { number, bytes: isTooLong ? null : bytes };
    pending = [];
    pendingBytes = 0;
    number += 1;
    return line;
  }

  return {
    /** The lines that end in this chunk. */
    push(chunk: Buffer): Line[] {
      const lines: Line[] = [];
      let from = 0;
      for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
        lines.push(endLine(chunk.subarray(from, end)));
        from = end + 1;
      }
      keep(chunk.subarray(from));
      return lines;
    },
    /** A last line without a newline; a newline at the very end starts no further line. */
    end: (): Line[] => (pendingBytes === 0 ? [] : [endLine(Buffer.alloc(0))]),
  };
}

export type ReadLines = {
  readonly chunkBytes?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onRead?: ((bytes: number) => void) | undefined;
};

/**
 * The file's lines in order, without their newline, a batch for each chunk read; memory stays within the longest line
 * and one chunk. The thread is free between two batches.
 */
export async function* readLines(
  handle: FileHandle,
  { chunkBytes = CHUNK_BYTES, signal, onRead }: ReadLines = {},
): AsyncGenerator<readonly Line[]> {
  const splitter = createSplitter();
  const buffer = Buffer.allocUnsafe(chunkBytes);
  for (let position = 0; ; ) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle.read(buffer, 0, chunkBytes, position);
    if (bytesRead === 0) break;
    position += bytesRead;
    yield splitter.push(buffer.subarray(0, bytesRead));
    onRead?.(position);
  }
  yield splitter.end();
}
