import { once } from "node:events";
import type { Log } from "../../platform/log.ts";
import {
  type Adapter,
  EngineError,
  EngineStartError,
  type RunningEngine,
  type StartEngine,
} from "../engine.ts";
import { blamed, chooseAdapters, type KnownAdapter } from "./adapter-set.ts";
import { type Failure, failAgain, waitMs } from "./backoff.ts";
import { createInstance, type Instance, type Lease } from "./engine-instance.ts";
import { notedLoader } from "./noted-loader.ts";
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
/** A process that lived this long was not part of a crash loop: starting the next one costs little beside that. */
const STABLE_MS = 20_000;

/** Keeps one process for one base model: started when needed, replaced when another adapter is, stopped when idle. */
export function createSupervisor({ baseId, start, timers, log, ...limits }: SupervisorNeeds) {
  const known = new Map<string, KnownAdapter>();
  const instances = new Set<Instance>();
  const adapterFailures = new Map<string, Failure>();
  const closing = new AbortController();
  let startFailure: Failure | undefined;
  let crash: Failure | undefined;
  let lacking: { readonly error: EngineError; readonly untilMs: number } | null = null;
  let onlyProven = false;
  let uses = 0;
  let current: Instance | null = null;
  let starting: Promise<void> | null = null;
  let cancelIdle = () => {};

  function touch(adapter: Adapter): void {
    uses += 1;
    const isProven = known.get(adapter.id)?.isProven ?? false;
    known.set(adapter.id, { adapter, lastUse: uses, isProven });
  }

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
    if (instance.isStopping()) return;
    const previous = instance.ageMs() < STABLE_MS ? crash : undefined;
    // The first one may have been an accident, and whoever waits is better served by a new process now.
    crash = failAgain(previous, timers.nowMs(), 1);
    log.error({ base: baseId, pid: instance.pid, reason, lastLogLines, crashes: crash.count }, "engine died");
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
    for (const one of chosen) {
      const now = known.get(one.adapter.id);
      if (now) known.set(one.adapter.id, { ...now, isProven: true });
      adapterFailures.delete(one.adapter.id);
    }
    startFailure = undefined;
    onlyProven = false;
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
    onlyProven = true;
    const nowMs = timers.nowMs();
    if (culprit) {
      adapterFailures.set(culprit.id, failAgain(adapterFailures.get(culprit.id), nowMs));
      known.delete(culprit.id);
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
          lacking = { error, untilMs: timers.nowMs() + error.retryAfterSeconds * 1000 };
          return null;
        }
        await Promise.race([...instances].map(({ exited }) => exited));
      }
    }
  }

  async function startFor(asked: Adapter | null): Promise<void> {
    await waitForRoom();
    if (closing.signal.aborted) return;
    const choice = {
      known: [...known.values()],
      asked: asked?.id ?? null,
      limit: limits.maxAdapters,
      isPinned: limits.isPinned,
    };
    const chosen = limits.loadsWhileRunning ? [] : chooseAdapters({ ...choice, onlyProven });
    const ids = new Set(chosen.map(({ adapter }) => adapter.id));
    for (const id of known.keys()) if (!ids.has(id)) known.delete(id);
    const adapters = chosen.map(({ adapter }) => adapter);
    using room = await roomFor(adapters);
    if (!room) return;
    try {
      const engine = await start(adapters, closing.signal);
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
        if (adapter) touch(adapter);
        const leased = await whenLoaded(take(current, adapter), signal);
        if (leased) return leased;
        continue;
      }
      if (lacking && lacking.untilMs > timers.nowMs()) throw lacking.error;
      assertNotFailing([startFailure, crash]);
      if (adapter) touch(adapter);
      starting ??= startFor(adapter).finally(() => {
        starting = null;
      });
      await settled(starting, signal);
    }
  }

  /** Its model is gone: the next process is started without it. Resolves once no start reads its file. */
  async function forget(adapterId: string): Promise<void> {
    known.delete(adapterId);
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
