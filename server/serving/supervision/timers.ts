/** Time, as a part that waits needs it; tests hold it in their hands. */
export type Timers = {
  nowMs(): number;
  /** Calls `run` once, later; the returned function calls that off. */
  after(delayMs: number, run: () => void): () => void;
};

export const systemTimers: Timers = {
  nowMs: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};
