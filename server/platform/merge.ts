/** Items of all sources as they come; ends when all have ended, fails with the first that fails. */
export async function* merge<T>(sources: readonly AsyncGenerator<T>[]): AsyncGenerator<T> {
  const step = async (source: AsyncGenerator<T>) => ({ source, result: await source.next() });
  const pending = new Map(sources.map((source) => [source, step(source)]));
  try {
    while (pending.size > 0) {
      const { source, result } = await Promise.race(pending.values());
      if (result.done) pending.delete(source);
      else {
        pending.set(source, step(source));
        yield result.value;
      }
    }
  } finally {
    for (const late of pending.values()) late.catch(() => {});
    await Promise.allSettled([...pending.keys()].map((source) => source.return(undefined)));
  }
}
