/** Runs what belongs to one id one after the other, in the order it was asked for. */
export function createTurns() {
  const last = new Map<string, Promise<void>>();
  return <T>(id: string, work: () => Promise<T>): Promise<T> => {
    const mine = (last.get(id) ?? Promise.resolve()).then(work);
    const ended = mine.then(
      () => {},
      () => {},
    );
    last.set(id, ended);
    ended.then(() => {
      if (last.get(id) === ended) last.delete(id);
    });
    return mine;
  };
}
