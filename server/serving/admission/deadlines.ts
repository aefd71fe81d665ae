import type { Timers } from "../supervision/timers.ts";

/**
 * Deadlines that all are equally far away when they are set: the oldest is the next to pass, so one timer does for all,
 * and a request that ends in time costs no timer.
 */
export function createDeadlines(delayMs: number, timers: Timers) {
  const running = new Map<() => void, number>();
  let cancelTimer: (() => void) | null = null;

  function look(): void {
    cancelTimer = null;
    for (const [pass, atMs] of running) {
      if (atMs > timers.nowMs()) {
        arm(atMs);
        return;
      }
      running.delete(pass);
      pass();
    }
  }

  function arm(atMs: number): void {
    cancelTimer ??= timers.after(Math.max(1, atMs - timers.nowMs()), look);
  }

  return {
    /** Calls `pass` then, unless it is cleared before; a function stands for one deadline. */
    set(pass: () => void): void {
      const atMs = timers.nowMs() + delayMs;
      running.set(pass, atMs);
      arm(atMs);
    },
    clear: (pass: () => void): void => void running.delete(pass),
    [Symbol.dispose](): void {
      cancelTimer?.();
      running.clear();
    },
  };
}
export type Deadlines = ReturnType<typeof createDeadlines>;
