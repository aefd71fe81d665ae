import type { JobRow, JobStore } from "../fine-tuning/job-store.ts";
import type { QueueStore } from "../fine-tuning/queue-store.ts";
import type { Log } from "../platform/log.ts";
import type { JobFolders } from "../training/job-folder.ts";
import type { Queue } from "./queue.ts";
import type { RunningJob } from "./run-job.ts";

type Needs = {
  store: JobStore;
  queueStore: QueueStore;
  folders: JobFolders;
  log: Log;
  queue: Queue;
  validateJob: (job: JobRow, signal: AbortSignal) => Promise<void>;
  /** Validating it failed on our side again and again. */
  giveUpValidating: (job: JobRow, cause: unknown) => Promise<unknown>;
  runJob: (job: JobRow, serverStops: AbortSignal) => RunningJob;
  /** Something went wrong on our side, or memory is short: how long until the queue is looked at again. */
  retryMs?: number;
};

/** Files that are read at the same time: a large one holds nobody else up. */
const VALIDATING = 8;
const MOST_VALIDATIONS = 3;

/**
 * The queue at work: jobs are validated as they come and trained as the queue gives them. It looks when it is woken, so
 * nothing polls; the database decides who may move a job.
 */
export function createScheduler(needs: Needs) {
  const { store, queueStore, folders, log, queue, validateJob, runJob, retryMs = 5000 } = needs;
  const stopping = new AbortController();
  const running = new Map<string, RunningJob>();
  const validating = new Set<string>();
  const failedValidations = new Map<string, number>();
  const atWork = new Set<Promise<void>>();
  let isLooking = false;
  let lookAgain = false;
  let pauseChanges = Promise.resolve();
  let lookLater: NodeJS.Timeout | undefined;

  /** Something that goes on by itself. What fails is logged and counts as ended only after a pause. */
  function background(work: Promise<void>, facts: object, end: () => void): void {
    const promise = work
      .then(end, (error: unknown) => {
        if (stopping.signal.aborted) return;
        log.error({ ...facts, err: error }, "a step of the queue failed; it is tried again");
        setTimeout(end, retryMs).unref();
      })
      .finally(() => atWork.delete(promise));
    atWork.add(promise);
  }

  /** What fails on our side is tried again, but must not keep its place for ever. */
  async function validate(job: JobRow): Promise<void> {
    try {
      await validateJob(job, stopping.signal);
    } catch (cause) {
      const failures = (failedValidations.get(job.id) ?? 0) + 1;
      failedValidations.set(job.id, failures);
      if (stopping.signal.aborted || failures < MOST_VALIDATIONS) throw cause;
      await needs.giveUpValidating(job, cause);
    }
    failedValidations.delete(job.id);
  }

  async function validateOldest(): Promise<void> {
    for (const job of await queueStore.listOldest("validating_files", VALIDATING)) {
      if (validating.has(job.id)) continue;
      validating.add(job.id);
      background(validate(job), { jobId: job.id }, () => {
        validating.delete(job.id);
        wake();
      });
    }
  }

  function follow(job: JobRow): void {
    const started = runJob(job, stopping.signal);
    running.set(job.id, started);
    background(started.done, { jobId: job.id }, () => {
      running.delete(job.id);
      wake();
    });
  }

  function lookAgainLater(): void {
    clearTimeout(lookLater);
    lookLater = setTimeout(wake, retryMs);
    lookLater.unref();
  }

  async function startNext(): Promise<boolean> {
    const { job, looksAgain } = await queue.takeNext([...running.values()]);
    if (looksAgain) lookAgainLater();
    if (job) follow(job);
    return job !== null;
  }

  /** Jobs that ran when the server last stopped, or whose step failed on our side. */
  async function takeUpRunning(): Promise<void> {
    for (const job of await queueStore.listRunning()) {
      if (running.has(job.id)) continue;
      await tellTrainer(job.id);
      follow(job);
    }
  }

  async function look(): Promise<void> {
    await takeUpRunning();
    await validateOldest();
    while (!stopping.signal.aborted && (await startNext())) {
      // One after another, so that the limits hold.
    }
  }

  async function lookWhileAsked(): Promise<void> {
    try {
      while (lookAgain && !stopping.signal.aborted) {
        lookAgain = false;
        await look();
      }
    } catch (error) {
      lookAgain = true;
      throw error;
    } finally {
      isLooking = false;
    }
  }

  function wake(): void {
    lookAgain = true;
    if (isLooking || stopping.signal.aborted) return;
    isLooking = true;
    background(lookWhileAsked(), {}, () => lookAgain && wake());
  }

  /** The file `pause` follows the row, whatever came in between. */
  async function tellTrainer(id: string): Promise<void> {
    const job = await store.findAnyJob(id);
    folders.askToPause(id, job?.status === "running" && job.paused_at !== null);
  }

  async function stop(id: string): Promise<void> {
    const found = running.get(id);
    if (found) return found.stop();
    // Paused or not begun: what it had trained goes, as it does after a run.
    await folders.tidy(id);
  }

  return {
    wake,
    /** A job was cancelled: its trainer is stopped and its place freed. */
    stopJob: (id: string) => background(stop(id), { jobId: id }, wake),
    /** A job was paused or resumed. One after another: the last word is the row's. */
    changePause(id: string): void {
      pauseChanges = pauseChanges.then(() => tellTrainer(id));
      const told = pauseChanges;
      pauseChanges = told.catch(() => {});
      background(told, { jobId: id }, wake);
    },
    countRunning: () => running.size,
    /** Memory that trainings at work have yet to grow to. */
    promisedBytes: () => queue.promisedBytes([...running.values()]),
    /** Stops looking; trainers go on by themselves. */
    async [Symbol.asyncDispose]() {
      stopping.abort();
      clearTimeout(lookLater);
      await Promise.allSettled(atWork);
    },
  };
}
