/** Items of `atOnce` sources at a time, as they come; ends when all have ended, fails with the first that fails. */
export async function* merge<T>(
  sources: readonly AsyncGenerator<T>[],
  atOnce = Number.POSITIVE_INFINITY,
): AsyncGenerator<T> {
  const step = async (source: AsyncGenerator<T>) => ({ source, result: await source.next() });
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
    for (const late of pending.values()) late.catch(() => {});
    await Promise.allSettled([...pending.keys()].map((source) => source.return(undefined)));
  }
}
