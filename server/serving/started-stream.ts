/** Waits for the first item, so that whatever goes wrong before it is thrown here and not at the reader. */
export async function startStream<Item>(source: AsyncGenerator<Item>): Promise<AsyncIterable<Item>> {
  let first: IteratorResult<Item> | null = await source.next();
  const iterator: AsyncIterator<Item> = {
    async next() {
      const result = first ?? (await source.next());
      first = null;
      return result;
    },
    return: () => source.return(undefined),
  };
  return { [Symbol.asyncIterator]: () => iterator };
}

/** The same items; `onEnd` is called once, when they have ended, failed (with the error), or been left. */
export function whenEnded<Item>(
  source: AsyncIterable<Item>,
  onEnd: (error?: unknown) => void,
): AsyncIterable<Item> {
  const items = source[Symbol.asyncIterator]();
  let hasEnded = false;
  const end = (error?: unknown) => {
    // Readers may leave what has failed already.
    if (!hasEnded) onEnd(error);
    hasEnded = true;
  };
  const iterator: AsyncIterator<Item> = {
    next() {
      // The same promise goes on to the reader: a stream passes through several of these for each of its items.
      const step = items.next();
      step.then(({ done }) => done && end(), end);
      return step;
    },
    async return() {
      end();
      return (await items.return?.()) ?? { done: true, value: undefined };
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
