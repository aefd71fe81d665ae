import { type Failure, failAgain } from "./backoff.ts";

/** So long served between two crashes, and they are no loop: starting the next process costs little beside that. */
const STABLE_MS = 20_000;

/**
 * How often the processes of one base crashed in a row. Those that ended well count for as long as they served: where
 * adapters come and go none grows old, and crashes far apart are no loop there either.
 */
export function createCrashLoop() {
  let servedMs = 0;
  let crash: Failure | undefined;
  return {
    endedWell(ageMs: number): void {
      servedMs += ageMs;
    },
    crashed(ageMs: number, nowMs: number): Failure {
      const previous = servedMs + ageMs < STABLE_MS ? crash : undefined;
      servedMs = 0;
      // The first one may have been an accident, and whoever waits is better served by a new process now.
      crash = failAgain(previous, nowMs, 1);
      return crash;
    },
    failure: () => crash,
  };
}
