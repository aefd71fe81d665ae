import type { Adapter, Engine, EngineExit, RunningEngine } from "../engine.ts";
import type { Timers } from "./timers.ts";

/** How a process ended, and whether at most one request was in flight then. */
export type InstanceExit = EngineExit & { readonly hadOneUser: boolean };

/** The use of a process: it is not stopped before `release`. */
export type Lease = {
  readonly engine: Engine;
  /** Settles when the process is gone. */
  readonly exited: Promise<InstanceExit>;
  /** May be called more than once. */
  release(): void;
};

type Needs = {
  engine: RunningEngine;
  adapters: readonly Adapter[];
  timers: Timers;
  /** No lease is left, and it still serves. */
  onIdle: () => void;
};

/** A running process and who uses it. */
export function createInstance({ engine, adapters, timers, onIdle }: Needs) {
  const ids = new Set(adapters.map(({ id }) => id));
  const startedMs = timers.nowMs();
  let leases = 0;
  let isRetired = false;
  let stopping: Promise<void> | null = null;
  let cancelDeadline = () => {};
  const exited = engine.exited.then((exit) => ({ ...exit, hadOneUser: leases <= 1 }));

  function stop(): Promise<void> {
    cancelDeadline();
    stopping ??= engine.stop();
    return stopping;
  }

  function giveBack(): void {
    leases -= 1;
    if (leases > 0) return;
    if (isRetired) void stop();
    else onIdle();
  }

  function lease(adapter: Adapter | null): Lease {
    const leased = engine.engineFor(adapter);
    leases += 1;
    let isOut = true;
    const release = () => {
      if (isOut) giveBack();
      isOut = false;
    };
    return { engine: leased, exited, release };
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
    adapterIds: [...ids],
    holds: (adapterId: string | null) => adapterId === null || ids.has(adapterId),
    isIdle: () => leases === 0,
    isStopping: () => stopping !== null,
    ageMs: () => timers.nowMs() - startedMs,
    lease,
    retire,
    stop,
  };
}
export type Instance = ReturnType<typeof createInstance>;
