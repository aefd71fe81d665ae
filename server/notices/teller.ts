import { addDays, dayOf, startOf } from "../lifecycle/day.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { TellDue } from "./tell-due.ts";

type Needs = {
  tellDue: TellDue;
  /** How often what is in force was changed, by any server. */
  readVersion: () => Promise<number>;
  now: Clock;
  log: Log;
  /** There is something to send. */
  onTold: () => void;
  /** Something went wrong on our side: how long until it is tried again. */
  retryMs?: number;
};

/** The clock may be set, and another server may have changed what is in force. */
const LONGEST_SLEEP_MS = 3600 * 1000;

/** Dates come nearer when a day begins. */
const untilTomorrowMs = (now: number) => (startOf(addDays(dayOf(now), 1)) - now) * 1000;

/**
 * Tells those whom dates hit: when it is woken, since something has changed, and when a day begins. In between it sleeps,
 * and looks once an hour at whether the day or what is in force is another one.
 */
export function createTeller({ tellDue, readVersion, now, log, onTold, retryMs = 5000 }: Needs) {
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let isQueued = false;
  let done = { day: "", version: -1 };

  function sleep(ms: number): void {
    clearTimeout(timer);
    if (!stopping.signal.aborted)
      timer = setTimeout(() => void lookAround(), Math.min(ms, LONGEST_SLEEP_MS)).unref();
  }

  async function tellOnce(): Promise<number> {
    isQueued = false;
    if (stopping.signal.aborted) return 0;
    const at = now();
    const { count, version } = await tellDue(at, stopping.signal);
    done = { day: dayOf(at), version };
    if (count > 0) {
      log.info({ count }, "notices told");
      onTold();
    }
    // What was applied meanwhile has kept some of them from being told.
    if ((await readVersion()) === version) sleep(untilTomorrowMs(at));
    else wake();
    return count;
  }

  /** One at a time. Gives back how many were told. */
  function tick(): Promise<number> {
    const next = last.then(tellOnce);
    last = next.catch(() => {});
    return next;
  }

  function failed(err: unknown): void {
    log.error({ err }, "telling of dates failed; it is tried again");
    done = { day: "", version: -1 };
    sleep(retryMs);
  }

  function wake(): void {
    if (isQueued || stopping.signal.aborted) return;
    isQueued = true;
    tick().catch(failed);
  }

  async function lookAround(): Promise<void> {
    try {
      const at = now();
      if (done.day !== dayOf(at) || done.version !== (await readVersion())) wake();
      else sleep(untilTomorrowMs(at));
    } catch (err) {
      failed(err);
    }
  }

  return {
    wake,
    tick,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      clearTimeout(timer);
      await last;
    },
  };
}
export type Teller = ReturnType<typeof createTeller>;
