/** Lets so many through at a time; the others wait in the order in which they came, and may give up. */
export function createGate(places: number, mostWaiting: number) {
  let free = places;
  const waiting: (() => void)[] = [];

  function leave(): void {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  }

  async function enter(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (free > 0) {
      free -= 1;
      return;
    }
    const turn = Promise.withResolvers<void>();
    const giveUp = () => {
      waiting.splice(waiting.indexOf(turn.resolve), 1);
      turn.reject(signal?.reason);
    };
    waiting.push(turn.resolve);
    signal?.addEventListener("abort", giveUp, { once: true });
    await turn.promise.finally(() => signal?.removeEventListener("abort", giveUp));
  }

  return {
    /** Nobody more may wait. */
    isFull: () => free === 0 && waiting.length >= mostWaiting,
    async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
      await enter(signal);
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}
export type Gate = ReturnType<typeof createGate>;
