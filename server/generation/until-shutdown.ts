import { startOf } from "../lifecycle/day.ts";
import type { ModelDates } from "../lifecycle/model-dates.ts";
import type { Clock } from "../platform/clock.ts";

/** A timer holds no more; a request does not wait so long. */
const LONGEST_MS = 24 * 24 * 3600 * 1000;

type Needs = { readonly dates: ModelDates | null; readonly now: Clock; readonly refusal: () => Error };

/**
 * Ends what still waits for the first of its answer when the model's day begins. `signal` is aborted with the refusal
 * then; `assertBegun` is for what comes at the same moment.
 */
export function untilShutdown({ dates, now, refusal }: Needs) {
  const day = dates?.schedule.shutdownAt ?? null;
  const ending = new AbortController();
  if (day === null) return { signal: ending.signal, assertBegun: () => {}, [Symbol.dispose]: () => {} };
  const end = startOf(day);
  const left = Math.max(0, (end - now()) * 1000);
  const timer = left > LONGEST_MS ? undefined : setTimeout(() => ending.abort(refusal()), left).unref();
  return {
    signal: ending.signal,
    assertBegun(): void {
      if (now() >= end) throw refusal();
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
