import type { FileHandle } from "node:fs/promises";
import { createSplitter, type LineOf } from "./split-lines.ts";

/** `bytes` holds until the next batch is asked for. */
export type Line = LineOf<Buffer>;

const CHUNK_BYTES = 256 * 1024;

const buffers = {
  cut: (chunk: Buffer, from: number, to?: number) => chunk.subarray(from, to),
  join: (parts: readonly Buffer[]) => Buffer.concat(parts),
};

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
): AsyncGenerator<Iterable<Line>> {
  const splitter = createSplitter(buffers);
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
