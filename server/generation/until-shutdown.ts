import { startOf } from "../lifecycle/day.ts";
import type { ModelDates } from "../lifecycle/model-dates.ts";
import type { Clock } from "../platform/clock.ts";

/** A timer holds no more; a request does not wait so long. */
const LONGEST_MS = 24 * 24 * 3600 * 1000;

type Needs = { readonly dates: ModelDates | null; readonly now: Clock; readonly refusal: () => Error };

/** `until`: the signal, ended by the model's day as well. */
type UntilShutdown = Disposable & {
  until(signal: AbortSignal): AbortSignal;
  assertBegun(): void;
};

/** Most models have no such day, and most requests are asked of them. */
const never: UntilShutdown = {
  until: (signal) => signal,
  assertBegun: () => {},
  [Symbol.dispose]: () => {},
};

/**
 * Ends what still waits for the first of its answer when the model's day begins: the signal is aborted with the refusal
 * then; `assertBegun` is for what comes at the same moment.
 */
export function untilShutdown({ dates, now, refusal }: Needs): UntilShutdown {
  const day = dates?.schedule.shutdownAt ?? null;
  if (day === null) return never;
  const ending = new AbortController();
  const end = startOf(day);
  const left = Math.max(0, (end - now()) * 1000);
  const timer = left > LONGEST_MS ? undefined : setTimeout(() => ending.abort(refusal()), left).unref();
  return {
    until: (signal) => AbortSignal.any([signal, ending.signal]),
    assertBegun(): void {
      if (now() >= end) throw refusal();
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
