import { createByteQueue } from "../../platform/byte-queue.ts";

/** More than nearly every answer. */
const MOST_BYTES = 1024 * 1024;

/**
 * The same bytes, taken as fast as they come, whatever the pace of who reads them: the engine is done with an answer
 * when it has written it. `onEnd` is called then, or when it has failed or was left.
 */
export function readAhead(source: AsyncIterable<Uint8Array>, onEnd: () => void): AsyncIterable<Uint8Array> {
  const items = source[Symbol.asyncIterator]();
  const queue = createByteQueue({ mostBytes: MOST_BYTES, onRoom: pull, onLeave: leave });

  function take({ done, value }: IteratorResult<Uint8Array>): void {
    if (!done) {
      if (queue.write(value)) pull();
      return;
    }
    onEnd();
    queue.end();
  }

  function fail(error: unknown): void {
    onEnd();
    queue.fail(error);
  }

  function pull(): void {
    items.next().then(take, fail);
  }

  function leave(): void {
    onEnd();
    items.return?.().then(undefined, () => {});
  }

  pull();
  return queue.bytes;
}
