import { setTimeout as sleep } from "node:timers/promises";
import type { JobError } from "../../contract/fine-tuning.ts";
import type { JournalEvent } from "../../contract/training.ts";
import { message } from "../fine-tuning/job.ts";
import type { Change, JobRow, JobStore } from "../fine-tuning/job-store.ts";
import { progressChange } from "../fine-tuning/journal-change.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { JobFolders } from "../training/job-folder.ts";
import { findLastStarted, followJournal, type Journalled } from "../training/journal.ts";
import type { Trainer, TrainerProcess } from "../training/trainer-process.ts";
import type { createFinishJob } from "./finish-job.ts";
import type { createTakeCheckpoint } from "./take-checkpoint.ts";

type Needs = {
  store: JobStore;
  folders: JobFolders;
  trainer: Trainer;
  now: Clock;
  log: Log;
  /** Makes sure that a trainer can be started on the job's folder; what is missing is the job's error. */
  prepare: (job: JobRow) => JobError | null;
  /** Pause before a trainer that died is started again: a fault that needs no time must not fill the log. */
  restartPauseMs: number;
  checkpoints: ReturnType<typeof createTakeCheckpoint>;
  finishJob: ReturnType<typeof createFinishJob>;
};

/** How often a job goes on after its trainer died without a word. */
const MAX_CRASHES = 3;

const crashed = (reason: string): JobError => ({
  code: "server_error",
  message: `The job failed due to an internal error: its trainer stopped unexpectedly more than ${MAX_CRASHES} times (the last time: ${reason}). The server's log says more.`,
  param: null,
});

const uncheckable = (cause: unknown): JobError => ({
  code: "server_error",
  message: `The model was trained, but no engine could be started to check it: ${cause instanceof Error ? cause.message : cause}`,
  param: null,
});

type FinishedAt = { readonly event: Extract<JournalEvent, { type: "finished" }>; readonly to: number };

/** One following of a trainer. `ending`: the job was cancelled, or the server stops. */
type Run = { readonly ending: AbortSignal; resumedFrom: number };

/** A running job's trainer; `stop` also keeps it from being started again. */
export type RunningJob = { readonly done: Promise<void>; stop(): Promise<void> };

export function createRunJob(needs: Needs) {
  const { store, folders, trainer, now, log } = needs;

  const isRunning = async (id: string) => (await store.findAnyJob(id))?.status === "running";

  const failWith = (job: JobRow, to: number, error: JobError) => {
    const patch = { error: JSON.stringify(error), finished_at: now(), estimated_finish: null };
    const change: Change = { patch, events: [message(error.message, "error")], status: "failed" };
    return store.applyChange(job.id, job.journal_offset, to, change, now());
  };

  async function takeCheckpoint(
    job: JobRow,
    event: Extract<JournalEvent, { type: "checkpoint" }>,
    to: number,
  ) {
    const change = await needs.checkpoints.changeFor(job, event);
    await store.applyChange(job.id, job.journal_offset, to, change, now());
    await needs.checkpoints.dropOld(job);
  }

  /** The check needs an engine; one that cannot be had for long must not hold the queue up. */
  async function finish(job: JobRow, { event, to }: FinishedAt, ending: AbortSignal) {
    try {
      await needs.finishJob(job, event, to, ending);
    } catch (cause) {
      if (ending.aborted) return;
      const failures = await store.countCrash(job.id);
      if (failures === null) return;
      if (failures <= MAX_CRASHES) throw cause;
      await failWith(job, to, uncheckable(cause));
    }
  }

  /** Takes one journal event in. */
  async function take(id: string, { event, to }: Journalled, run: Run): Promise<void> {
    const job = await store.findAnyJob(id);
    if (job?.status !== "running") return;
    if (event.type === "checkpoint") return takeCheckpoint(job, event, to);
    if (event.type === "finished") return finish(job, { event, to }, run.ending);
    if (event.type === "error") {
      await failWith(job, to, { code: event.code, message: event.message, param: event.param });
      return;
    }
    const change = progressChange(event, job, run.resumedFrom);
    if (change) await store.applyChange(id, job.journal_offset, to, change, now());
  }

  async function follow(id: string, process: TrainerProcess, ending: AbortSignal): Promise<void> {
    const journal = folders.journalOf(id);
    const offset = (await store.findAnyJob(id))?.journal_offset ?? 0;
    const run = { ending, resumedFrom: (await findLastStarted(journal))?.resumed_from_step ?? 0 };
    for await (const journalled of followJournal(journal, offset, process.ended, ending)) {
      if (journalled.event.type === "started") run.resumedFrom = journalled.event.resumed_from_step;
      await take(id, journalled, run);
    }
  }

  /** After a death without a word: true when the job may go on. */
  async function mayGoOn(id: string, reason: string): Promise<boolean> {
    const crashes = await store.countCrash(id);
    if (crashes === null) return false;
    const lastWords = await folders.readLastWords(id);
    log.warn({ jobId: id, crashes, reason, lastWords }, "the trainer stopped unexpectedly");
    const job = await store.findAnyJob(id);
    if (crashes <= MAX_CRASHES || !job) return true;
    await failWith(job, job.journal_offset, crashed(reason));
    return false;
  }

  /** A trainer on the job's folder: the one that still lives, or a new one; null: the job cannot be trained here. */
  async function processFor(job: JobRow): Promise<TrainerProcess | null> {
    const folder = folders.folderOf(job.id);
    const running = await trainer.findRunning(folder);
    if (running) return running;
    const error = needs.prepare(job);
    if (!error) return trainer.start(folder);
    await failWith(job, job.journal_offset, error);
    return null;
  }

  async function run(
    job: JobRow,
    ending: AbortSignal,
    onProcess: (process: TrainerProcess) => void,
  ): Promise<void> {
    for (;;) {
      const process = await processFor(job);
      if (!process) return;
      onProcess(process);
      await follow(job.id, process, ending);
      if (ending.aborted || !(await isRunning(job.id))) return;
      if (!(await mayGoOn(job.id, await process.ended))) return;
      await sleep(needs.restartPauseMs, undefined, { signal: ending }).catch(() => {});
    }
  }

  /** Runs (or, after a restart of the server, goes on following) the job's trainer until the job has ended. */
  return (job: JobRow, serverStops: AbortSignal): RunningJob => {
    let process: TrainerProcess | null = null;
    const cancelled = new AbortController();
    const done = run(job, AbortSignal.any([serverStops, cancelled.signal]), (started) => {
      process = started;
      if (cancelled.signal.aborted) void started.stop();
    }).then(async () => {
      // A server that stops leaves its trainers at work.
      if (serverStops.aborted) return;
      await process?.ended;
      await folders.tidy(job.id);
    });
    const stop = async () => {
      cancelled.abort();
      await process?.stop();
    };
    return { done, stop };
  };
}
