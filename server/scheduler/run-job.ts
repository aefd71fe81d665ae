import { setTimeout as sleep } from "node:timers/promises";
import type { JobError } from "../../contract/fine-tuning.ts";
import { hasEnded, message } from "../fine-tuning/job.ts";
import type { JobRow, JobStore } from "../fine-tuning/job-store.ts";
import type { QueueStore } from "../fine-tuning/queue-store.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { JobFolders } from "../training/job-folder.ts";
import { findLastStarted, followJournal } from "../training/journal.ts";
import type { Trainer, TrainerProcess } from "../training/trainer-process.ts";
import { type Crash, crashError, faultError, MAX_CRASHES } from "./crash-verdict.ts";
import { isLast, type Run, type TakeEvent } from "./take-event.ts";
import { createWatchdog } from "./watchdog.ts";

type Needs = {
  store: JobStore;
  queue: QueueStore;
  folders: JobFolders;
  trainer: Trainer;
  now: Clock;
  log: Log;
  /** Makes sure that a trainer can be started on the job's folder; what is missing is the job's error. */
  prepare: (job: JobRow) => JobError | null;
  /** Pause before a trainer that died is started again: a fault that needs no time must not fill the log. */
  restartPauseMs: number;
  /** A trainer that has told no event for so long hangs. */
  silenceMs: number;
  taking: TakeEvent;
};

/** A running job's trainer. */
export type RunningJob = {
  readonly job: JobRow;
  readonly done: Promise<void>;
  /** The trainer's process; null: none at the moment. */
  pid(): number | null;
  /** Ends the trainer and keeps it from being started again. */
  stop(): Promise<void>;
};

const LOST =
  "The job has been paused; its trainer ended before it had saved its step, so training goes on from the last checkpoint when the job is resumed";

const restEvents = ({ journal_offset }: JobRow) => [
  journal_offset === 0 ? message("The job has been paused before its training") : message(LOST, "warn"),
];

export function createRunJob(needs: Needs) {
  const { store, queue, folders, trainer, now, log, silenceMs } = needs;
  const { take, failWith } = needs.taking;

  const isRunning = async (id: string) => (await store.findAnyJob(id))?.status === "running";

  /** Takes in what the journal tells until `ended`, or until there is nothing more to be told. True: the trainer was killed for its silence. */
  async function follow(id: string, process: TrainerProcess, ending: AbortSignal): Promise<boolean> {
    let wasSilent = false;
    using watchdog = createWatchdog(silenceMs, () => {
      wasSilent = true;
      void process.kill();
    });
    watchdog.hear();
    for await (const event of eventsOf(id, process.ended, ending)) {
      watchdog.rest();
      await take(id, event, event.run);
      if (isLast(event.event) && !(await isRunning(id))) break;
      watchdog.hear();
    }
    return wasSilent;
  }

  async function* eventsOf(id: string, ended: Promise<unknown>, ending: AbortSignal) {
    const journal = folders.journalOf(id);
    const offset = (await store.findAnyJob(id))?.journal_offset ?? 0;
    const run: Run = { ending, resumedFrom: (await findLastStarted(journal))?.resumed_from_step ?? 0 };
    for await (const journalled of followJournal(journal, offset, ended, ending)) {
      if (journalled.event.type === "started") run.resumedFrom = journalled.event.resumed_from_step;
      yield { ...journalled, run };
    }
  }

  /** What a trainer wrote while no server was there to read it. */
  async function catchUp(id: string, ending: AbortSignal): Promise<void> {
    for await (const event of eventsOf(id, Promise.resolve(), ending)) await take(id, event, event.run);
  }

  /** A trainer that has told its end but does not go is made to; a server that stops does not wait for it. */
  async function letGo(process: TrainerProcess, ending: AbortSignal): Promise<void> {
    const gone = new AbortController();
    void process.ended.then(() => gone.abort());
    const patience = sleep(silenceMs, undefined, { signal: AbortSignal.any([gone.signal, ending]) });
    await patience.then(
      () => process.kill(),
      () => {},
    );
  }

  /** After a death without a word: true when the job may go on. */
  async function mayGoOn(id: string, reason: string): Promise<boolean> {
    const crashes = await store.countCrash(id);
    if (crashes === null) return false;
    const crash: Crash = { reason, lastWords: await folders.readLastWords(id) };
    log.warn({ jobId: id, crashes, ...crash }, "the trainer stopped unexpectedly");
    const job = await store.findAnyJob(id);
    if (crashes <= MAX_CRASHES || !job) return true;
    await failWith(job, job.journal_offset, crashError(crash));
    return false;
  }

  /** A trainer on the job's folder: the one that still lives, or a new one; null: the job is not to be trained now. */
  async function processFor(id: string, ending: AbortSignal): Promise<TrainerProcess | null> {
    const running = await trainer.findRunning(folders.folderOf(id));
    if (running) return running;
    await catchUp(id, ending);
    // No trainer is started only to be paused.
    if (await queue.restPaused(id, restEvents, now())) return null;
    const job = await store.findAnyJob(id);
    if (ending.aborted || job?.status !== "running") return null;
    if (job.paused_at !== null) return processFor(id, ending);
    // It asked the process before this one. Nothing else runs between here and the start.
    folders.askToPause(id, false);
    const error = needs.prepare(job);
    if (!error) return trainer.start(folders.folderOf(id));
    await failWith(job, job.journal_offset, error);
    return null;
  }

  async function run(
    id: string,
    ending: AbortSignal,
    onProcess: (process: TrainerProcess) => void,
  ): Promise<void> {
    for (;;) {
      const process = await processFor(id, ending);
      if (!process) return;
      onProcess(process);
      const wasSilent = await follow(id, process, ending);
      if (ending.aborted) return;
      await letGo(process, ending);
      if (ending.aborted || !(await isRunning(id))) return;
      const reason = wasSilent
        ? `it said nothing for ${silenceMs / 1000} s and was killed`
        : await process.ended;
      if (!(await mayGoOn(id, reason))) return;
      await sleep(needs.restartPauseMs, undefined, { signal: ending }).catch(() => {});
    }
  }

  /** A step of ours failed, such as a check for which no engine starts: tried again, but not for ever. */
  async function fault(id: string, cause: unknown): Promise<void> {
    const failures = await store.countCrash(id);
    if (failures === null) return;
    if (failures <= MAX_CRASHES) throw cause;
    const job = await store.findAnyJob(id);
    if (job) await failWith(job, job.journal_offset, faultError(cause));
  }

  /** Of a job that has ended, what only a resumed run needs goes; a paused one keeps all but the request. */
  async function tidy(id: string): Promise<void> {
    const job = await store.findAnyJob(id);
    if (!job || hasEnded(job.status)) await folders.tidy(id);
    else if (job.status === "queued") folders.askToPause(id, false);
  }

  /** Runs (or, after a restart of the server, goes on following) the job's trainer until the job has ended or is paused. */
  return (job: JobRow, serverStops: AbortSignal): RunningJob => {
    let process: TrainerProcess | null = null;
    const cancelled = new AbortController();
    const ending = AbortSignal.any([serverStops, cancelled.signal]);
    const done = run(job.id, ending, (started) => {
      process = started;
      if (cancelled.signal.aborted) void started.stop();
    })
      .catch(async (cause) => {
        if (ending.aborted) return;
        await fault(job.id, cause);
        await process?.stop();
      })
      .then(async () => {
        // A server that stops leaves its trainers at work.
        if (serverStops.aborted) return;
        await process?.ended;
        await tidy(job.id);
      });
    const stop = async () => {
      cancelled.abort();
      await process?.stop();
    };
    return { job, done, stop, pid: () => process?.pid() ?? null };
  };
}
