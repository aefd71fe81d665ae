import type { SQLInputValue } from "node:sqlite";
import { Worker } from "node:worker_threads";

/** Runs of statements, by their place in the list that the writer was given. */
export type Batch = readonly (readonly [statement: number, values: readonly SQLInputValue[]])[];
export type BehindData = { readonly path: string; readonly statements: readonly string[] };
/** `problem`: why nothing of it was written. */
export type Written = { readonly count: number; readonly problem: string | null };

type Needs = BehindData & { readonly onLost: (count: number, problem: string) => void };
type Waiter = { readonly until: number; readonly resolve: () => void };

/** Of what waits for the disk; more is dropped, since a disk that cannot keep up must not take the memory too. */
const MOST_WAITING = 100_000;

/**
 * Writes to a database file of its own from a thread: neither the disk nor a checkpoint ever stops the requests.
 * The thread begins with the first batch.
 */
export function createWriteBehind({ path, statements, onLost }: Needs) {
  let worker: Worker | null = null;
  let sent = 0;
  let done = 0;
  let waiters: Waiter[] = [];
  let isEnding = false;

  function settle(count: number): void {
    done += count;
    if (done === sent && !isEnding) worker?.unref();
    for (const { until, resolve } of waiters) if (until <= done) resolve();
    waiters = waiters.filter(({ until }) => until > done);
  }

  function onExit(problem: string): void {
    worker = null;
    const count = sent - done;
    if (count > 0) onLost(count, problem);
    settle(count);
  }

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
    begun.on("exit", () => onExit(problem));
    return begun;
  }

  return {
    write(batch: Batch): void {
      if (batch.length === 0) return;
      if (sent - done + batch.length > MOST_WAITING) {
        onLost(batch.length, "too many wait to be written");
        return;
      }
      sent += batch.length;
      worker ??= start();
      worker.ref();
      worker.postMessage(batch);
    },
    /** Resolves when everything that was given is written, or known to be lost. */
    settled: (): Promise<void> =>
      sent === done ? Promise.resolve() : new Promise((resolve) => waiters.push({ until: sent, resolve })),
    async [Symbol.asyncDispose]() {
      const ending = worker;
      if (!ending) return;
      isEnding = true;
      const ended = new Promise((resolve) => ending.once("exit", resolve));
      ending.ref();
      ending.postMessage(null);
      await ended;
    },
  };
}
export type WriteBehind = ReturnType<typeof createWriteBehind>;
