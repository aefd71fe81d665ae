/** Waits for the first item, so that whatever goes wrong before it is thrown here and not at the reader. */
export async function startStream<Item>(source: AsyncGenerator<Item>): Promise<AsyncIterableIterator<Item>> {
  let first: IteratorResult<Item> | null = await source.next();
  return {
    async next() {
      const result = first ?? (await source.next());
      first = null;
      return result;
    },
    return: () => source.return(undefined),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** The same stream; `onEnd` is called once it has ended, failed, or been left. */
export function whenEnded<Item>(
  source: AsyncIterableIterator<Item>,
  onEnd: () => void,
): AsyncIterableIterator<Item> {
  return {
    async next() {
      try {
        const result = await source.next();
        if (result.done) onEnd();
        return result;
      } catch (error) {
        onEnd();
        throw error;
      }
    },
    async return() {
      onEnd();
      return (await source.return?.()) ?? { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
