import type { Timers } from "./timers.ts";

type Needs = {
  readonly timers: Timers;
  readonly silenceMs: number;
  /** Bytes that have come from the engine, ever. */
  readonly heardBytes: () => number;
  readonly isUsed: () => boolean;
  /** Somebody waits for its next word. One whose reader is slow is not silent. */
  readonly isWaitedFor: () => boolean;
  readonly onSilence: () => void;
};

const LOOKS = 4;

/** Finds an engine that hangs: it is waited for, and not a byte has come for so long. Nothing is done for each byte. */
export function createSilenceWatch({ timers, silenceMs, heardBytes, ...needs }: Needs) {
  let heard = 0;
  let sinceMs = 0;
  let cancel: (() => void) | null = null;

  function listen(): void {
    heard = heardBytes();
    sinceMs = timers.nowMs();
  }

  function lookLater(): void {
    cancel = timers.after(silenceMs / LOOKS, look);
  }

  function look(): void {
    cancel = null;
    if (heardBytes() !== heard || !needs.isWaitedFor()) listen();
    if (timers.nowMs() - sinceMs >= silenceMs) needs.onSilence();
    else if (needs.isUsed()) lookLater();
  }

  return {
    /** It is used from now on; looks until it is no more. */
    begin(): void {
      if (cancel) return;
      listen();
      lookLater();
    },
    stop: () => cancel?.(),
  };
}
