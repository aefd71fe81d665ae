/** More of a file is not read to show a few of its rows. */
const MOST_BYTES = 64 * 1024 * 1024;

/** Those of a file's lines that are asked for, counted from 1. It is read only as far as the last of them. */
export async function findLines(
  content: ReadableStream<Uint8Array>,
  wanted: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  const found = new Map<number, string>();
  const missing = new Set(wanted);
  const reader = content.getReader();
  const decoder = new TextDecoder();
  let line = 1;
  let pending = "";
  let read = 0;
  const take = (text: string) => {
    if (missing.delete(line)) found.set(line, text);
    line += 1;
  };
  while (missing.size > 0 && read < MOST_BYTES) {
    const { done, value } = await reader.read();
    if (done) break;
    read += value.byteLength;
    const lines = (pending + decoder.decode(value, { stream: true })).split(/\r?\n/);
    pending = lines.pop() ?? "";
    lines.forEach(take);
  }
  take(pending);
  await reader.cancel().catch(() => {});
  return found;
}

/** The line that a refused upload's message names; the row's own words stand before the bracket. */
export function lineIn(message: string): number | null {
  const line = /\(line (\d+)/.exec(message)?.[1];
  return line === undefined ? null : Number(line);
}

/** Where in that line JSON ends to be JSON, from 0: told by our own words from 1, by a parser's from 0. */
export function positionIn(message: string): number | null {
  const [, name, place] = /\bat (position|character) (\d+)/.exec(message) ?? [];
  if (place === undefined) return null;
  return name === "character" ? Number(place) - 1 : Number(place);
}
