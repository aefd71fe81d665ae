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

/** The same items; `onEnd` is called each time they have ended, failed, or been left. */
export function whenEnded<Item>(source: AsyncIterable<Item>, onEnd: () => void): AsyncIterable<Item> {
  const items = source[Symbol.asyncIterator]();
  const iterator: AsyncIterator<Item> = {
    async next() {
      try {
        const result = await items.next();
        if (result.done) onEnd();
        return result;
      } catch (error) {
        onEnd();
        throw error;
      }
    },
    async return() {
      onEnd();
      return (await items.return?.()) ?? { done: true, value: undefined };
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
