import { message } from "../fine-tuning/job.ts";
import type { JobRow, JobStore } from "../fine-tuning/job-store.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { RunningJob } from "./run-job.ts";

type Needs = {
  store: JobStore;
  now: Clock;
  log: Log;
  /** Trainings at the same time. */
  limit: number;
  validateJob: (job: JobRow, signal: AbortSignal) => Promise<void>;
  runJob: (job: JobRow, serverStops: AbortSignal) => RunningJob;
  /** Something went wrong on our side: how long until the queue is looked at again. */
  retryMs?: number;
};

/**
 * The queue: jobs are validated as they come and trained `limit` at a time, oldest first. It looks when it is
 * woken, so nothing polls; the database decides who may move a job.
 */
export function createScheduler({ store, now, log, limit, validateJob, runJob, retryMs = 5000 }: Needs) {
  const stopping = new AbortController();
  const running = new Map<string, RunningJob>();
  const validating = new Set<string>();
  const atWork = new Set<Promise<void>>();
  let isLooking = false;
  let lookAgain = false;

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

  /** Each by itself: a large file holds nobody else up. */
  async function validateAll(): Promise<void> {
    for (const job of await store.listByStatus("validating_files")) {
      if (validating.has(job.id)) continue;
      validating.add(job.id);
      background(validateJob(job, stopping.signal), { jobId: job.id }, () => {
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

  async function startNext(): Promise<boolean> {
    if (running.size >= limit) return false;
    const [next] = await store.listByStatus("queued");
    if (!next) return false;
    const events = [message("Fine-tuning job started")];
    if (await store.moveJob(next.id, "running", {}, events, now())) follow({ ...next, status: "running" });
    return true;
  }

  /** Jobs that ran when the server last stopped, or whose step failed on our side. */
  async function takeUpRunning(): Promise<void> {
    for (const job of await store.listByStatus("running")) {
      if (!running.has(job.id)) follow(job);
    }
  }

  async function look(): Promise<void> {
    await takeUpRunning();
    await validateAll();
    while (!stopping.signal.aborted && (await startNext())) {
      // One after another, so that `limit` holds.
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

  return {
    wake,
    /** A job was cancelled: its trainer is stopped and its place freed. */
    stopJob: (id: string) =>
      background(running.get(id)?.stop() ?? Promise.resolve(), { jobId: id }, () => {}),
    countRunning: () => running.size,
    /** Stops looking; trainers go on by themselves. */
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await Promise.allSettled(atWork);
    },
  };
}
