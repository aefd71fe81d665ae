/** Items of `atOnce` sources at a time, as they come; ends when all have ended, fails with the first that fails. */
export async function* merge<T>(
  sources: readonly AsyncGenerator<T>[],
  atOnce = Number.POSITIVE_INFINITY,
): AsyncGenerator<T> {
  const step = (source: AsyncGenerator<T>) => {
    const stepped = source.next().then((result) => ({ source, result }));
    // It may fail while the reader takes its time with another's item: it is told of it when it comes back.
    stepped.catch(() => {});
    return stepped;
  };
  const later = [...sources];
  const pending = new Map(later.splice(0, atOnce).map((source) => [source, step(source)]));
  try {
    while (pending.size > 0) {
      const { source, result } = await Promise.race(pending.values());
      if (!result.done) {
        pending.set(source, step(source));
        yield result.value;
        continue;
      }
      pending.delete(source);
      for (const next of later.splice(0, 1)) pending.set(next, step(next));
    }
  } finally {
    await Promise.allSettled([...pending.keys()].map((source) => source.return(undefined)));
  }
}
