import type { JobError } from "../../contract/fine-tuning.ts";
import type { JournalEvent } from "../../contract/training.ts";
import { message } from "../fine-tuning/job.ts";
import type { Change, JobRow, JobStore } from "../fine-tuning/job-store.ts";
import { progressChange } from "../fine-tuning/journal-change.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { JobFolders } from "../training/job-folder.ts";
import { followJournal, type Journalled } from "../training/journal.ts";
import type { Trainer, TrainerProcess } from "../training/trainer-process.ts";
import type { createFinishJob } from "./finish-job.ts";
import type { createTakeCheckpoint } from "./take-checkpoint.ts";

type Needs = {
  store: JobStore;
  folders: JobFolders;
  trainer: Trainer;
  now: Clock;
  log: Log;
  writeSpec: (job: JobRow) => void;
  checkpoints: ReturnType<typeof createTakeCheckpoint>;
  finishJob: ReturnType<typeof createFinishJob>;
};

/** How often a job goes on after its trainer died without a word. */
const MAX_CRASHES = 3;

const crashed: JobError = {
  code: "server_error",
  message: `The job failed due to an internal error: its trainer stopped unexpectedly more than ${MAX_CRASHES} times. The server's log says why.`,
  param: null,
};

const uncheckable = (cause: unknown): JobError => ({
  code: "server_error",
  message: `The model was trained, but no engine could be started to check it: ${cause instanceof Error ? cause.message : cause}`,
  param: null,
});

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
    if (change) await store.applyChange(job.id, job.journal_offset, to, change, now());
    await needs.checkpoints.dropOld(job);
  }

  /** The check needs an engine; one that cannot be had for long must not hold the queue up. */
  async function finish(job: JobRow, event: Extract<JournalEvent, { type: "finished" }>, to: number) {
    try {
      await needs.finishJob(job, event, to);
    } catch (cause) {
      const failures = await store.countCrash(job.id);
      if (failures === null) return;
      if (failures <= MAX_CRASHES) throw cause;
      await failWith(job, to, uncheckable(cause));
    }
  }

  /** Takes one journal event in. */
  async function take(id: string, { event, to }: Journalled, resumedFrom: number): Promise<void> {
    const job = await store.findAnyJob(id);
    if (job?.status !== "running") return;
    if (event.type === "checkpoint") return takeCheckpoint(job, event, to);
    if (event.type === "finished") return finish(job, event, to);
    if (event.type === "error") {
      await failWith(job, to, { code: event.code, message: event.message, param: event.param });
      return;
    }
    const change = progressChange(event, job, resumedFrom);
    if (change) await store.applyChange(id, job.journal_offset, to, change, now());
  }

  async function follow(id: string, process: TrainerProcess, signal: AbortSignal): Promise<void> {
    const offset = (await store.findAnyJob(id))?.journal_offset ?? 0;
    let resumedFrom = 0;
    for await (const journalled of followJournal(folders.journalOf(id), offset, process.ended, signal)) {
      if (journalled.event.type === "started") resumedFrom = journalled.event.resumed_from_step;
      await take(id, journalled, resumedFrom);
    }
  }

  /** After a death without a word: true when the job may go on. */
  async function mayGoOn(id: string): Promise<boolean> {
    const crashes = await store.countCrash(id);
    if (crashes === null) return false;
    log.warn({ jobId: id, crashes }, "the trainer stopped unexpectedly");
    const job = await store.findAnyJob(id);
    if (crashes <= MAX_CRASHES || !job) return true;
    await failWith(job, job.journal_offset, crashed);
    return false;
  }

  async function run(
    job: JobRow,
    signal: AbortSignal,
    onProcess: (process: TrainerProcess) => void,
  ): Promise<void> {
    const folder = folders.folderOf(job.id);
    let process = await trainer.findRunning(folder);
    do {
      needs.writeSpec(job);
      process ??= trainer.start(folder);
      onProcess(process);
      await follow(job.id, process, signal);
      process = null;
    } while (!signal.aborted && (await isRunning(job.id)) && (await mayGoOn(job.id)));
  }

  /** Runs (or, after a restart of the server, goes on following) the job's trainer until the job has ended. */
  return (job: JobRow, serverStops: AbortSignal): RunningJob => {
    let process: TrainerProcess | null = null;
    let mustStop = false;
    const done = run(job, serverStops, (started) => {
      process = started;
      if (mustStop) void started.stop();
    }).then(async () => {
      // A server that stops leaves its trainers at work.
      if (serverStops.aborted) return;
      await process?.ended;
      await folders.tidy(job.id);
    });
    const stop = async () => {
      mustStop = true;
      await process?.stop();
    };
    return { done, stop };
  };
}
