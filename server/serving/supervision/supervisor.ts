import { once } from "node:events";
import type { Log } from "../../platform/log.ts";
import {
  type Adapter,
  EngineError,
  EngineStartError,
  type RunningEngine,
  type StartEngine,
} from "../engine.ts";
import { blamed, type KnownAdapter } from "./adapter-set.ts";
import { type Failure, failAgain, waitMs } from "./backoff.ts";
import { createCrashLoop } from "./crash-loop.ts";
import { createInstance, type Instance, type Lease } from "./engine-instance.ts";
import { createKnownAdapters } from "./known-adapters.ts";
import { notedLoader } from "./noted-loader.ts";
import { servedEnough } from "./stay.ts";
import type { Timers } from "./timers.ts";

export type SupervisorNeeds = {
  readonly baseId: string;
  readonly start: StartEngine;
  /** It loads adapters while it runs, and is started without any. */
  readonly loadsWhileRunning: boolean;
  readonly timers: Timers;
  readonly log: Log;
  /** Adapters that one process holds at most. */
  readonly maxAdapters: number;
  readonly isPinned?: (adapterId: string) => boolean;
  /** How long a process that nobody uses is kept. */
  readonly idleMs: number;
  /** A process that is waited for and says nothing for so long hangs, and is replaced. */
  readonly silenceMs: number;
  /** The memory for a start, until it is done; rejects with an `EngineError` where there is none. */
  readonly reserve?: (adapters: readonly Adapter[]) => Promise<Disposable>;
};

/** An answer that takes longer than this keeps no replaced process alive. */
const DRAIN_MS = 15 * 60_000;
/** One that serves and two that finish their answers; beyond that the next one waits for memory. */
const MAX_PROCESSES = 3;
/** Memory that was not there may come free at any time; looking for it at every request would cost too much. */
const RECHECK_MS = 1_000;

/** Keeps one process for one base model: started when needed, replaced when another adapter is, stopped when idle. */
export function createSupervisor({ baseId, start, timers, log, ...limits }: SupervisorNeeds) {
  const known = createKnownAdapters({ limit: limits.maxAdapters, isPinned: limits.isPinned });
  const instances = new Set<Instance>();
  const adapterFailures = new Map<string, Failure>();
  const closing = new AbortController();
  let startFailure: Failure | undefined;
  const crashes = createCrashLoop();
  let lacking: { readonly error: EngineError; readonly untilMs: number } | null = null;
  let startMs = 0;
  let current: Instance | null = null;
  let starting: Promise<void> | null = null;
  let cancelIdle = () => {};

  function stopIdle(instance: Instance): void {
    if (instance !== current || !instance.isIdle()) return;
    log.info({ base: baseId, pid: instance.pid }, "engine stopped: nobody uses it");
    current = null;
    void instance.stop();
  }

  function waitForIdle(instance: Instance): void {
    cancelIdle();
    cancelIdle = timers.after(limits.idleMs, () => stopIdle(instance));
  }

  function dropCurrent(instance: Instance): void {
    if (current === instance) current = null;
  }

  async function watch(instance: Instance): Promise<void> {
    const { reason, lastLogLines } = await instance.exited;
    instances.delete(instance);
    dropCurrent(instance);
    if (instance.isStopping()) return crashes.endedWell(instance.ageMs());
    const { count } = crashes.crashed(instance.ageMs(), timers.nowMs());
    log.error({ base: baseId, pid: instance.pid, reason, lastLogLines, crashes: count }, "engine died");
  }

  function adopt(engine: RunningEngine, chosen: readonly KnownAdapter[]): void {
    const adapters = chosen.map(({ adapter }) => adapter);
    const instance = createInstance({
      engine,
      adapters,
      loader: engine.loader && notedLoader(engine, engine.loader, noteLoad),
      maxAdapters: limits.maxAdapters,
      isPinned: limits.isPinned,
      timers,
      silenceMs: limits.silenceMs,
      onIdle: () => waitForIdle(instance),
      onSilence: () => dropCurrent(instance),
    });
    known.started(chosen);
    for (const { id } of adapters) adapterFailures.delete(id);
    startFailure = undefined;
    retireCurrent();
    current = instance;
    instances.add(instance);
    void watch(instance);
    waitForIdle(instance);
    log.info({ base: baseId, pid: engine.pid, adapters: adapters.length }, "engine ready");
  }

  function noteLoad(adapter: Adapter, failure: unknown): void {
    const previous = adapterFailures.get(adapter.id);
    adapterFailures.delete(adapter.id);
    if (failure === null) return;
    log.error({ base: baseId, err: failure, adapter: adapter.id }, "adapter was not loaded");
    adapterFailures.set(adapter.id, failAgain(previous, timers.nowMs()));
  }

  function noteStartFailure(chosen: readonly KnownAdapter[], err: unknown): void {
    const lastLogLines = err instanceof EngineStartError ? err.lastLogLines : [];
    const culprit = blamed(chosen);
    const adapters = chosen.map(({ adapter }) => adapter.id);
    log.error({ base: baseId, err, lastLogLines, adapters, blamed: culprit?.id }, "engine did not start");
    known.failed();
    const nowMs = timers.nowMs();
    if (culprit) {
      adapterFailures.set(culprit.id, failAgain(adapterFailures.get(culprit.id), nowMs));
      known.forget(culprit.id);
    } else if (culprit === null) startFailure = failAgain(startFailure, nowMs);
  }

  async function waitForRoom(): Promise<void> {
    while (instances.size >= MAX_PROCESSES) {
      const retired = [...instances].filter((instance) => instance !== current);
      await Promise.race(retired.map(({ exited }) => exited));
    }
  }

  function retireCurrent(): void {
    current?.retire(DRAIN_MS);
    current = null;
  }

  /** Null: there is no memory, and those who wait are told. Where our own processes have it, they finish and go first. */
  async function roomFor(adapters: readonly Adapter[]): Promise<Disposable | null> {
    for (;;) {
      try {
        return (await limits.reserve?.(adapters)) ?? { [Symbol.dispose]: () => {} };
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        retireCurrent();
        if (closing.signal.aborted) return null;
        if (instances.size === 0) {
          log.warn({ base: baseId, err: error }, "engine not started: too little memory");
          lacking = { error, untilMs: timers.nowMs() + RECHECK_MS };
          return null;
        }
        await Promise.race([...instances].map(({ exited }) => exited));
      }
    }
  }

  async function whenMayReplace(asked: Adapter | null): Promise<void> {
    if (!current || limits.loadsWhileRunning) return;
    if (!known.leavesOutWanted(asked, current.adapterIds())) return;
    await servedEnough(current, { startMs, timers, signal: closing.signal });
  }

  async function startFor(asked: Adapter | null): Promise<void> {
    await waitForRoom();
    await whenMayReplace(asked);
    if (closing.signal.aborted) return;
    const chosen = limits.loadsWhileRunning ? [] : known.chooseFor(asked);
    known.keepOnly(chosen);
    const adapters = chosen.map(({ adapter }) => adapter);
    using room = await roomFor(adapters);
    if (!room) return;
    const beganMs = timers.nowMs();
    try {
      const engine = await start(adapters, closing.signal);
      startMs = timers.nowMs() - beganMs;
      if (closing.signal.aborted) await engine.stop();
      else adopt(engine, chosen);
    } catch (error) {
      if (!closing.signal.aborted) noteStartFailure(chosen, error);
    }
  }

  function assertNotFailing(failures: readonly (Failure | undefined)[]): void {
    const wait = Math.max(...failures.map((failure) => waitMs(failure, timers.nowMs())));
    if (wait === 0) return;
    const retryAfterSeconds = Math.ceil(wait / 1000);
    throw new EngineError("The model's engine does not start. The server's log says why.", {
      retryAfterSeconds,
    });
  }

  function take(instance: Instance, adapter: Adapter | null): Lease {
    cancelIdle();
    return instance.lease(adapter);
  }

  /** The lease once its adapter is loaded; null: it could not be. */
  async function whenLoaded(leased: Lease, signal: AbortSignal): Promise<Lease | null> {
    if (!leased.ready) return leased;
    try {
      await settled(leased.ready, signal);
      return leased;
    } catch {
      leased.release();
      signal.throwIfAborted();
      return null;
    }
  }

  /** Waits for a process that holds the adapter (null: for any), starting one where there is none. */
  async function lease(adapter: Adapter | null, signal: AbortSignal): Promise<Lease> {
    for (;;) {
      signal.throwIfAborted();
      if (closing.signal.aborted) throw new EngineError("The server is closing.");
      if (adapter) assertNotFailing([adapterFailures.get(adapter.id)]);
      if (current?.takes(adapter)) {
        if (adapter) known.touch(adapter);
        const leased = await whenLoaded(take(current, adapter), signal);
        if (leased) return leased;
        continue;
      }
      if (lacking && lacking.untilMs > timers.nowMs()) throw lacking.error;
      assertNotFailing([startFailure, crashes.failure()]);
      if (adapter) known.touch(adapter);
      starting ??= startFor(adapter).finally(() => {
        starting = null;
      });
      await settled(starting, signal);
    }
  }

  /** Its model is gone: the next process is started without it. Resolves once no start reads its file. */
  async function forget(adapterId: string): Promise<void> {
    known.forget(adapterId);
    adapterFailures.delete(adapterId);
    await Promise.all([starting, current?.forget(adapterId)]);
  }

  async function dispose(): Promise<void> {
    closing.abort();
    cancelIdle();
    current = null;
    await Promise.all([starting, ...[...instances].map((instance) => instance.stop())]);
  }

  const holds = (adapterId: string | null) => current?.holds(adapterId) ?? false;

  /** Its memory is needed elsewhere. */
  async function stopIfIdle(): Promise<void> {
    if (!current?.isIdle()) return;
    const idle = current;
    stopIdle(idle);
    await idle.exited;
  }

  return {
    lease,
    holds,
    stopIfIdle,
    forget,
    processes: () => [...instances],
    [Symbol.asyncDispose]: dispose,
  };
}
export type Supervisor = ReturnType<typeof createSupervisor>;

/** The promise, unless the signal comes first. */
async function settled(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const listening = new AbortController();
  const aborted = once(signal, "abort", { signal: listening.signal }).then(() => signal.throwIfAborted());
  try {
    await Promise.race([promise, aborted]);
  } finally {
    aborted.catch(() => {});
    listening.abort();
  }
}
