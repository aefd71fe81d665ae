import { existsSync } from "node:fs";
import type { JobError } from "../../contract/fine-tuning.ts";
import type { checkData } from "../../training-data/check-data.ts";
import type { Files } from "../files/files.ts";
import { hasEnded, message } from "../fine-tuning/job.ts";
import type { JobRow, JobStore } from "../fine-tuning/job-store.ts";
import type { QueueStore } from "../fine-tuning/queue-store.ts";
import type { Adapters } from "../models/adapters.ts";
import type { Base } from "../models/bases.ts";
import type { Models } from "../models/models.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { Memory } from "../platform/memory.ts";
import { residentBytes } from "../serving/supervision/process-memory.ts";
import type { JobFolders } from "../training/job-folder.ts";
import type { Trainer } from "../training/trainer-process.ts";
import { specOf } from "../training/training-spec.ts";
import { faultError } from "./crash-verdict.ts";
import { type CheckFidelity, createFinishJob } from "./finish-job.ts";
import { createQueue, type EstimateMemory } from "./queue.ts";
import { createRunJob } from "./run-job.ts";
import { createScheduler } from "./scheduler.ts";
import { createTakeCheckpoint } from "./take-checkpoint.ts";
import { createTakeEvent } from "./take-event.ts";
import { createValidateJob } from "./validate-job.ts";

type Needs = {
  trainer: Trainer;
  limit: number;
  projectLimit: number;
  restartPauseMs: number;
  silenceMs: number;
  retryMs: number;
  jobStore: JobStore;
  queueStore: QueueStore;
  files: Files;
  models: Models;
  adapters: Adapters;
  bases: ReadonlyMap<string, Base>;
  folders: JobFolders;
  checkFidelity: CheckFidelity;
  checkData: typeof checkData;
  /** null: a training starts whatever memory there is. */
  memory: { read: () => Memory; estimate: EstimateMemory } | null;
  now: Clock;
  log: Log;
};

const baseIsGone = (base: string): JobError => ({
  code: "model_not_available",
  message: `The base model ${base} is not on this server any more. Add it again, then create the job anew.`,
  param: "model",
});

const adapterIsGone = (model: string): JobError => ({
  code: "model_not_available",
  message: `The model ${model}, which this job goes on from, was deleted before its training began. Create the job anew with another model.`,
  param: "model",
});

/** Puts the parts of training together: the queue, the trainer, the checkpoints, the end of a job. */
export function createTraining(needs: Needs) {
  const { jobStore: store, queueStore, adapters, bases, folders, now, log, models, trainer } = needs;
  const { releaseAdapter } = models;

  function prepare(job: JobRow): JobError | null {
    const base = bases.get(job.base_model);
    if (!base) return baseIsGone(job.base_model);
    const { parent_adapter: parent } = job;
    if (parent !== null && !existsSync(adapters.folderOf(parent))) return adapterIsGone(job.model);
    const paths = {
      training: folders.trainingFileOf(job.id),
      validation: job.validation_file === null ? null : folders.validationFileOf(job.id),
      adapter: parent === null ? null : adapters.folderOf(parent),
    };
    folders.writeSpec(job.id, specOf(job, base, paths));
    return null;
  }

  function giveUpValidating(job: JobRow, cause: unknown) {
    const error = faultError(cause);
    const patch = { error: JSON.stringify(error), finished_at: now() };
    return store.moveJob(job.id, "failed", patch, [message(error.message, "error")], now());
  }

  const checkpoints = createTakeCheckpoint({ store, adapters, folders, now, releaseAdapter });
  const finishJob = createFinishJob({ ...needs, store, releaseAdapter });
  const taking = createTakeEvent({ store, now, checkpoints, finishJob });
  const runJob = createRunJob({ ...needs, store, queue: queueStore, prepare, taking });
  const memory = needs.memory && { ...needs.memory, heldBy: residentBytes };
  const queue = createQueue({ ...needs, store, queue: queueStore, memory });
  const validateJob = createValidateJob({ store, folders, now, checkData: needs.checkData });
  const scheduler = createScheduler({ ...needs, store, queue, validateJob, giveUpValidating, runJob });
  return { scheduler, recover: () => recover({ store, folders, trainer, log }) };
}

/** After a crash: folders of jobs that were never written, and trainers whose job was cancelled meanwhile. */
async function recover({
  store,
  folders,
  trainer,
  log,
}: {
  store: JobStore;
  folders: JobFolders;
  trainer: Trainer;
  log: Log;
}) {
  for (const name of await folders.list()) {
    const job = await store.findAnyJob(name);
    if (!job) await folders.remove(name);
    else if (hasEnded(job.status) && folders.isUntidy(name)) await endTrainer(name);
  }

  async function endTrainer(jobId: string) {
    log.warn({ jobId }, "tidying up after a job that ended while the server was away");
    await (await trainer.findRunning(folders.folderOf(jobId)))?.stop();
    await folders.tidy(jobId);
  }
}
export type Training = ReturnType<typeof createTraining>;
