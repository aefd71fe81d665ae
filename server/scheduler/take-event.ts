import type { JobError } from "../../contract/fine-tuning.ts";
import type { JournalEvent } from "../../contract/training.ts";
import { message } from "../fine-tuning/job.ts";
import type { Change, JobRow, JobStore } from "../fine-tuning/job-store.ts";
import { pausedChange, progressChange } from "../fine-tuning/journal-change.ts";
import type { Clock } from "../platform/clock.ts";
import type { Journalled } from "../training/journal.ts";
import type { createFinishJob } from "./finish-job.ts";
import type { createTakeCheckpoint } from "./take-checkpoint.ts";

type Needs = {
  store: JobStore;
  now: Clock;
  checkpoints: ReturnType<typeof createTakeCheckpoint>;
  finishJob: ReturnType<typeof createFinishJob>;
};

/** One following of a trainer. `ending`: the job was cancelled, or the server stops. */
export type Run = { readonly ending: AbortSignal; resumedFrom: number };

type CheckpointEvent = Extract<JournalEvent, { type: "checkpoint" }>;

export function createTakeEvent({ store, now, checkpoints, finishJob }: Needs) {
  const failWith = (job: JobRow, to: number, error: JobError) => {
    const patch = { error: JSON.stringify(error), finished_at: now(), estimated_finish: null };
    const change: Change = { patch, events: [message(error.message, "error")], status: "failed" };
    return store.applyChange(job.id, job.journal_offset, to, change, now());
  };

  async function takeCheckpoint(job: JobRow, event: CheckpointEvent, to: number) {
    const change = await checkpoints.changeFor(job, event);
    await store.applyChange(job.id, job.journal_offset, to, change, now());
    await checkpoints.dropOld(job, event.step);
  }

  async function takeProgress(job: JobRow, event: JournalEvent, to: number, run: Run) {
    const change =
      event.type === "paused" ? pausedChange(event, job) : progressChange(event, job, run.resumedFrom);
    if (change) await store.applyChange(job.id, job.journal_offset, to, change, now());
  }

  /** Takes one journal event in, once; the job may have ended or been paused by it. */
  async function take(id: string, { event, to }: Journalled, run: Run): Promise<void> {
    const job = await store.findAnyJob(id);
    if (job?.status !== "running") return;
    switch (event.type) {
      case "checkpoint":
        return takeCheckpoint(job, event, to);
      case "finished":
        return finishJob(job, event, to, run.ending);
      case "error":
        await failWith(job, to, { code: event.code, message: event.message, param: event.param });
        return;
      default:
        return takeProgress(job, event, to, run);
    }
  }

  return { take, failWith };
}
export type TakeEvent = ReturnType<typeof createTakeEvent>;

/** Events after which a trainer has nothing more to say. */
export const isLast = ({ type }: JournalEvent): boolean => ["finished", "error", "paused"].includes(type);
