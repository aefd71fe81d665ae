import { once } from "node:events";
import type { Instance } from "./engine-instance.ts";
import type { Timers } from "./timers.ts";

/** A process serves at least this many times as long as the next one takes to start. */
const STARTS = 4;
/** Whoever asks for another adapter waits no longer than this for that. */
const LONGEST_MS = 30_000;

/**
 * Resolves when a process may be left for one that lacks an adapter asked for since it began: it has served for a while, nobody
 * uses it, or it is gone. Without that, more adapters in demand than fit would have a process started for each request.
 */
export async function servedEnough(
  instance: Instance,
  { startMs, timers, signal }: { startMs: number; timers: Timers; signal: AbortSignal },
): Promise<void> {
  const leftMs = Math.min(STARTS * startMs, LONGEST_MS) - instance.ageMs();
  if (leftMs <= 0 || instance.isIdle() || signal.aborted) return;
  const over = Promise.withResolvers<void>();
  const cancel = timers.after(leftMs, over.resolve);
  const listening = new AbortController();
  const closed = once(signal, "abort", { signal: listening.signal }).catch(() => {});
  await Promise.race([over.promise, instance.whenIdle(), instance.exited, closed]);
  listening.abort();
  cancel();
}
