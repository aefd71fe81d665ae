import { MAX_LINE_BYTES } from "./jsonl.ts";

/** `bytes` null: the line is longer than any that is read. */
export type LineOf<Bytes> = { readonly number: number; readonly bytes: Bytes | null };

type Tools<Bytes> = {
  readonly cut: (chunk: Bytes, from: number, to?: number) => Bytes;
  /** A copy of all of them, one after another. */
  readonly join: (parts: readonly Bytes[]) => Bytes;
};

/** Cuts chunks, wherever they begin and end, into lines without their newline. */
export function createSplitter<Bytes extends Uint8Array>({ cut, join }: Tools<Bytes>) {
  let pending: Bytes[] = [];
  let pendingBytes = 0;
  let number = 1;

  /** The buffer under `rest` is read into again, so what waits for its end is copied. */
  function keep(rest: Bytes): void {
    pendingBytes += rest.length;
    if (pendingBytes > MAX_LINE_BYTES) pending = [];
    else if (rest.length > 0) pending.push(join([rest]));
  }

  function endLine(rest: Bytes | null): LineOf<Bytes> {
    const isTooLong = pendingBytes + (rest?.length ?? 0) > MAX_LINE_BYTES;
    const bytes = rest && pendingBytes === 0 ? rest : join(rest ? [...pending, rest] : pending);
    const line = { number, bytes: isTooLong ? null : bytes };
    pending = [];
    pendingBytes = 0;
    number += 1;
    return line;
  }

  return {
    /** The lines that end in this chunk, to be taken all. One at a time: a chunk may hold very many. */
    *push(chunk: Bytes): Generator<LineOf<Bytes>, void> {
      let from = 0;
      for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
        yield endLine(cut(chunk, from, end));
        from = end + 1;
      }
      keep(cut(chunk, from));
    },
    /** A last line without a newline; a newline at the very end starts no further line. */
    end: (): LineOf<Bytes>[] => (pendingBytes === 0 ? [] : [endLine(null)]),
  };
}
