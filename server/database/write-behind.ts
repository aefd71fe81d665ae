import type { SQLInputValue } from "node:sqlite";
import { Worker } from "node:worker_threads";

/** Runs of statements, by their place in the list that the writer was given. */
export type Batch = readonly (readonly [statement: number, values: readonly SQLInputValue[]])[];
export type BehindData = { readonly path: string; readonly statements: readonly string[] };
/** `problem`: why nothing of it was written. */
export type Written = { readonly count: number; readonly problem: string | null };

type Needs = BehindData & {
  readonly onLost: (count: number, problem: string) => void;
  readonly idleMs?: number;
};
type Waiter = { readonly until: number; readonly resolve: () => void };

/** Of what waits for the disk; more is dropped, since a disk that cannot keep up must not take the memory too. */
const MOST_WAITING = 100_000;
/** A thread costs memory. */
const IDLE_MS = 30_000;

/**
 * Writes to a database file of its own from a thread: neither the disk nor a checkpoint ever stops the requests.
 * The thread begins with a batch and ends when none has come for a while.
 */
export function createWriteBehind({ path, statements, onLost, idleMs = IDLE_MS }: Needs) {
  let worker: Worker | null = null;
  let sent = 0;
  let done = 0;
  let waiters: Waiter[] = [];
  let idle: NodeJS.Timeout | undefined;

  /** Everything was written: whatever comes next is another thread's. */
  function dismiss(): Worker | null {
    clearTimeout(idle);
    const dismissed = worker;
    worker = null;
    dismissed?.postMessage(null);
    return dismissed;
  }

  function settle(count: number): void {
    done += count;
    if (done === sent && worker) {
      worker.unref();
      idle = setTimeout(dismiss, idleMs).unref();
    }
    for (const { until, resolve } of waiters) if (until <= done) resolve();
    waiters = waiters.filter(({ until }) => until > done);
  }

  function onExit(ended: Worker, problem: string): void {
    if (worker !== ended) return;
    worker = null;
    const count = sent - done;
    if (count > 0) onLost(count, problem);
    settle(count);
  }

  /** Resolves when everything that was given is written, or known to be lost. */
  const settled = (): Promise<void> =>
    sent === done ? Promise.resolve() : new Promise((resolve) => waiters.push({ until: sent, resolve }));

  function start(): Worker {
    const begun = new Worker(new URL("./write-behind-worker.ts", import.meta.url), {
      workerData: { path, statements } satisfies BehindData,
      resourceLimits: { maxYoungGenerationSizeMb: 8 },
    });
    let problem = "their thread ended";
    begun.on("message", (written: Written) => {
      if (written.problem !== null) onLost(written.count, written.problem);
      settle(written.count);
    });
    begun.on("error", (error) => {
      problem = String(error);
    });
    begun.on("exit", () => onExit(begun, problem));
    return begun;
  }

  return {
    write(batch: Batch): void {
      if (batch.length === 0) return;
      if (sent - done + batch.length > MOST_WAITING) {
        onLost(batch.length, "too many wait to be written");
        return;
      }
      clearTimeout(idle);
      sent += batch.length;
      worker ??= start();
      worker.ref();
      worker.postMessage(batch);
    },
    settled,
    async [Symbol.asyncDispose]() {
      if (worker) await settled();
      const ending = dismiss();
      if (ending) await new Promise((resolve) => ending.once("exit", resolve).ref());
    },
  };
}
export type WriteBehind = ReturnType<typeof createWriteBehind>;
