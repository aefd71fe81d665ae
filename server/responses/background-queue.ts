import { Refusal } from "../../contract/errors.ts";
import type { Log } from "../platform/log.ts";

type Waiting = { readonly id: string; readonly projectId: string };
type Running = { readonly projectId: string; readonly stop: AbortController; readonly ended: Promise<void> };

type Needs = {
  /** How many run at a time. */
  places: number;
  /** Makes one response; the signal's reason says why it ends early. */
  run: (id: string, signal: AbortSignal) => Promise<void>;
  log: Log;
};

/** The server stops: the response goes on at its next start. */
export const STOPPING = new Refusal("server_stopping", "The server is stopping.");
/** Somebody cancelled or deleted it. */
export const CANCELLED = new Error("The response was cancelled.");

/** The first of the project that has the fewest running. */
export function nextOf(
  waiting: readonly Waiting[],
  running: readonly { projectId: string }[],
): Waiting | undefined {
  const count = ({ projectId }: Waiting) => running.filter((one) => one.projectId === projectId).length;
  return waiting.reduce<Waiting | undefined>(
    (best, one) => (best === undefined || count(one) < count(best) ? one : best),
    undefined,
  );
}

/** Makes responses that nobody waits for: so many at a time, projects in turn. */
export function createBackgroundQueue({ places, run, log }: Needs) {
  let waiting: Waiting[] = [];
  const running = new Map<string, Running>();
  let isOpen = false;

  async function runOne(id: string, signal: AbortSignal): Promise<void> {
    try {
      await run(id, signal);
    } catch (err) {
      log.error({ responseId: id, err }, "a background response failed");
    }
    running.delete(id);
    next();
  }

  function next(): void {
    while (isOpen && running.size < places) {
      const chosen = nextOf(waiting, [...running.values()]);
      if (!chosen) return;
      waiting = waiting.filter((one) => one !== chosen);
      const stop = new AbortController();
      // Entered before it runs: its end removes it.
      const begun = Promise.withResolvers<void>();
      const ended = begun.promise.then(() => runOne(chosen.id, stop.signal));
      running.set(chosen.id, { projectId: chosen.projectId, stop, ended });
      begun.resolve();
    }
  }

  return {
    /** Until then nothing is begun. */
    wake(): void {
      isOpen = true;
      next();
    },
    add(one: Waiting): void {
      waiting.push(one);
      next();
    },
    /** Resolves once nothing works on it any more. */
    async cancel(id: string): Promise<void> {
      waiting = waiting.filter((one) => one.id !== id);
      const found = running.get(id);
      found?.stop.abort(CANCELLED);
      await found?.ended;
    },
    async [Symbol.asyncDispose]() {
      isOpen = false;
      const all = [...running.values()];
      for (const { stop } of all) stop.abort(STOPPING);
      await Promise.all(all.map(({ ended }) => ended));
    },
  };
}
export type BackgroundQueue = ReturnType<typeof createBackgroundQueue>;
