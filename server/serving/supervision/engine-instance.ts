import type { Adapter, AdapterLoader, Engine, EngineExit, RunningEngine } from "../engine.ts";
import { createAdapterShelf } from "./adapter-shelf.ts";
import { createSilenceWatch } from "./silence-watch.ts";
import type { Timers } from "./timers.ts";

/** How a process ended, and whether at most one request was in flight then. */
export type InstanceExit = EngineExit & { readonly hadOneUser: boolean };

/** The use of a process: it is not stopped before `release`. */
export type Lease = {
  engineFor(projectId: string): Engine;
  /** Settles once the adapter is loaded, or could not be; null: it is. */
  readonly ready: Promise<void> | null;
  /** Settles when the process is gone. */
  readonly exited: Promise<InstanceExit>;
  /** The same promise, of the engine's next word: one that says nothing for too long, though waited for, hangs. */
  waitFor<Result>(word: Promise<Result>): Promise<Result>;
  /** May be called more than once. */
  release(): void;
};

type Needs = {
  engine: RunningEngine;
  adapters: readonly Adapter[];
  /** Null: it keeps those adapters. */
  loader: AdapterLoader | null;
  maxAdapters: number;
  isPinned?: ((adapterId: string) => boolean) | undefined;
  timers: Timers;
  silenceMs: number;
  /** No lease is left, and it still serves. */
  onIdle: () => void;
  /** It hangs, and is stopped. */
  onSilence: () => void;
};

/** A running process and who uses it. */
export function createInstance({ engine, adapters, loader, timers, silenceMs, ...needs }: Needs) {
  const { onIdle, onSilence } = needs;
  const ids = new Set(adapters.map(({ id }) => id));
  const shelf = loader && createAdapterShelf({ loader, limit: needs.maxAdapters, isPinned: needs.isPinned });
  const startedMs = timers.nowMs();
  let leases = 0;
  let waits = 0;
  let isRetired = false;
  let isHung = false;
  let idle = Promise.withResolvers<void>();
  let stopping: Promise<void> | null = null;
  let cancelDeadline = () => {};
  const exited = engine.exited.then((exit): InstanceExit => {
    const hung = { reason: `said nothing for ${silenceMs / 1000} seconds`, isOwnCrash: true };
    return { ...exit, ...(isHung ? hung : {}), hadOneUser: leases <= 1 };
  });
  const silence = createSilenceWatch({
    timers,
    silenceMs,
    heardBytes: engine.heardBytes,
    isUsed: () => leases > 0,
    isWaitedFor: () => waits > 0,
    onSilence: hang,
  });

  void exited.then(silence.stop);

  function hang(): void {
    isHung = true;
    onSilence();
    void stop();
  }

  function stop(): Promise<void> {
    cancelDeadline();
    silence.stop();
    stopping ??= engine.stop();
    return stopping;
  }

  function giveBack(): void {
    leases -= 1;
    if (leases > 0) return;
    idle.resolve();
    idle = Promise.withResolvers<void>();
    if (isRetired) void stop();
    else onIdle();
  }

  function waitFor<Result>(word: Promise<Result>): Promise<Result> {
    const heard = () => {
      waits -= 1;
    };
    waits += 1;
    word.then(heard, heard);
    return word;
  }

  function lease(adapter: Adapter | null): Lease {
    const use = adapter && shelf ? shelf.take(adapter) : null;
    leases += 1;
    silence.begin();
    let isOut = true;
    const release = () => {
      use?.giveBack();
      if (isOut) giveBack();
      isOut = false;
    };
    return {
      engineFor: (projectId) => engine.engineFor(adapter, projectId),
      ready: use?.ready ?? null,
      exited,
      waitFor,
      release,
    };
  }

  /** Takes no more work, and stops when the last of it is done, or at the deadline. */
  function retire(deadlineMs: number): void {
    isRetired = true;
    if (leases === 0) void stop();
    else cancelDeadline = timers.after(deadlineMs, () => void stop());
  }

  return {
    pid: engine.pid,
    exited,
    memoryBytes: engine.memoryBytes,
    adapterIds: () => shelf?.adapterIds() ?? [...ids],
    holds: (adapterId: string | null) =>
      adapterId === null || ids.has(adapterId) || shelf?.holds(adapterId) === true,
    /** It has the adapter, or gets it while it runs: see the lease's `ready`. */
    takes: (adapter: Adapter | null) => adapter === null || shelf !== null || ids.has(adapter.id),
    forget: async (adapterId: string) => await shelf?.forget(adapterId),
    isIdle: () => leases === 0,
    /** Resolves the next time that its last user leaves. */
    whenIdle: () => idle.promise,
    /** On purpose. */
    isStopping: () => stopping !== null && !isHung,
    ageMs: () => timers.nowMs() - startedMs,
    lease,
    retire,
    stop,
  };
}
export type Instance = ReturnType<typeof createInstance>;
