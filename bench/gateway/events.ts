/** Counts server-sent events in the bytes as they come, without making text of them. */

export type EventCount = { events: number; isDone: boolean; tail: Buffer };

const BREAK = Buffer.from("\n\n");
const DONE = Buffer.from("data: [DONE]");
const NEWLINE = 10;
/** Holds the last event of a stream, with the end that HTTP's chunked coding gives it. */
const TAIL_BYTES = 32;

export const createEventCount = (): EventCount => ({ events: 0, isDone: false, tail: Buffer.alloc(0) });

function breaksIn(bytes: Buffer, from: number): number {
  let found = 0;
  for (let at = bytes.indexOf(BREAK, from); at >= 0; at = bytes.indexOf(BREAK, at + 2)) found += 1;
  return found;
}

/** The end of an event may be cut in two by the network. */
const endsHere = (tail: Buffer, bytes: Buffer): boolean => {
  const last = tail.at(-1) === NEWLINE && tail.at(-2) !== NEWLINE;
  return last && bytes[0] === NEWLINE;
};

/** How many events ended in these bytes, which the caller may use again; `count` remembers what the next bytes need. */
export function countEvents(count: EventCount, bytes: Buffer): number {
  const begins = endsHere(count.tail, bytes);
  const found = breaksIn(bytes, begins ? 1 : 0) + (begins ? 1 : 0);
  count.events += found;
  const end = bytes.length < TAIL_BYTES ? Buffer.concat([count.tail, bytes]) : bytes;
  count.tail = Buffer.from(end.subarray(-TAIL_BYTES));
  count.isDone = count.tail.includes(DONE);
  return found;
}
