import { createByteQueue } from "../../platform/byte-queue.ts";

const KB = 1024;
/** More than nearly every answer. */
const MOST_BYTES = 1024 * KB;
/** Of all answers together; beyond it each gets as far ahead as a connection does by itself. */
const MOST_OF_ALL_BYTES = 128 * 1024 * KB;
const LEAST_BYTES = 64 * KB;

/** Reads answers ahead of those who asked, within bounds. */
export function createReadAhead() {
  let heldBytes = 0;
  const hold = (bytes: number): void => {
    heldBytes += bytes;
  };
  const mostBytes = () => (heldBytes > MOST_OF_ALL_BYTES ? LEAST_BYTES : MOST_BYTES);

  /**
   * The same bytes, taken as fast as they come, whatever the pace of who reads them: the engine is done with an answer
   * when it has written it. `onEnd` is called then, or when it has failed or was left.
   */
  return (source: AsyncIterable<Uint8Array>, onEnd: () => void): AsyncIterable<Uint8Array> => {
    const items = source[Symbol.asyncIterator]();
    const queue = createByteQueue({ mostBytes, onHeld: hold, onRoom: pull, onLeave: leave });

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
  };
}
export type ReadAhead = ReturnType<typeof createReadAhead>;
