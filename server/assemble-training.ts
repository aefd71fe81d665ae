import { join } from "node:path";
import { checkDataAside, isLarge } from "../training-data/check-aside.ts";
import type { DataRequest } from "../training-data/check-data.ts";
import { type Config, trainingLimit } from "./config.ts";
import type { Database } from "./database/database.ts";
import type { Files } from "./files/files.ts";
import { createCheckpointStore } from "./fine-tuning/checkpoint-store.ts";
import type { TrainerAbilities } from "./fine-tuning/create-job.ts";
import { createInsertJob } from "./fine-tuning/insert-job.ts";
import { createJobStore } from "./fine-tuning/job-store.ts";
import { createJobs } from "./fine-tuning/jobs.ts";
import { createQueueStore } from "./fine-tuning/queue-store.ts";
import type { Lifecycle } from "./lifecycle/lifecycle.ts";
import type { Adapters } from "./models/adapters.ts";
import type { Base } from "./models/bases.ts";
import type { Models } from "./models/models.ts";
import { recordEvent } from "./notices/outbox-store.ts";
import type { Clock } from "./platform/clock.ts";
import { createGate } from "./platform/gate.ts";
import type { Log } from "./platform/log.ts";
import type { Memory } from "./platform/memory.ts";
import type { CheckFidelity } from "./scheduler/finish-job.ts";
import type { EstimateMemory } from "./scheduler/queue.ts";
import { createTraining } from "./scheduler/training.ts";
import { createJobFolders } from "./training/job-folder.ts";
import { deviceOf, jobMemory } from "./training/job-memory.ts";
import type { Trainer } from "./training/trainer-process.ts";

type Needs = {
  config: Config;
  db: Database;
  now: Clock;
  log: Log;
  bases: ReadonlyMap<string, Base>;
  trainer: Trainer;
  abilities: TrainerAbilities;
  files: Files;
  models: Models;
  lifecycle: Pick<Lifecycle, "assertMayTrain">;
  adapters: Adapters;
  checkFidelity: CheckFidelity;
  /** Called once a job has ended and its event is stored. */
  onEnded: () => void;
  restartPauseMs: number;
  silenceMs: number;
  retryMs: number;
  readMemory: () => Memory;
  /** Left out: by the job's own measures. */
  estimateMemory: EstimateMemory | undefined;
};

/** One large file at a time: several at once would each take their memory. */
function createCheckData() {
  const checking = createGate(1, Number.POSITIVE_INFINITY);
  return async (request: DataRequest) =>
    (await isLarge(request))
      ? checking.run(() => checkDataAside(request), request.signal)
      : checkDataAside(request);
}

/** The model that a job goes on from, if it is one. */
const trainableFrom =
  ({ models, adapters, bases }: Pick<Needs, "models" | "adapters" | "bases">) =>
  async (projectId: string, model: string) => {
    const target = await models.findTarget(projectId, model);
    if (!target || !bases.has(target.base.id)) return null;
    const { id: baseModel, contextLength } = target.base;
    const shape = target.adapter === null ? null : await adapters.shapeOf(target.adapter);
    return { baseModel, contextLength, parentAdapter: target.adapter, shape };
  };

/** Jobs, their queue and their trainings; `recover` takes up those that a stop or a crash interrupted. */
export async function assembleTraining({ config, db, onEnded, readMemory, ...needs }: Needs) {
  const { now, bases, files } = needs;
  const checkData = createCheckData();
  const folders = await createJobFolders(join(config.PERENNIAL_DATA, "jobs"));
  const jobStore = createJobStore(db, {
    record: (trx, { id, projectId, status, at }) =>
      recordEvent(trx, { projectId, type: `fine_tuning.job.${status}`, subject: id, at }),
    announce: (id) => {
      onEnded();
      releaseParent(id).catch((err) => needs.log.error({ err, jobId: id }, "an adapter was not removed"));
    },
  });

  /** The model that a job went on from may have been deleted while the job still needed its adapter. */
  async function releaseParent(id: string) {
    const job = await jobStore.findAnyJob(id);
    if (job?.parent_adapter) await needs.models.releaseAdapter(job.base_model, job.parent_adapter);
  }
  const queueStore = createQueueStore(db);
  const limit = trainingLimit(config);
  const byItsMeasures: EstimateMemory = async (job) => {
    const base = bases.get(job.base_model);
    if (!base) return null;
    return jobMemory(job, base, folders.trainingFileOf(job.id), await deviceOf(needs.abilities));
  };
  const memory = { read: readMemory, estimate: needs.estimateMemory ?? byItsMeasures };
  const training = createTraining({
    ...needs,
    limit,
    projectLimit: config.PERENNIAL_PROJECT_TRAININGS ?? limit,
    memory: config.PERENNIAL_MEMORY_CHECK === "on" ? memory : null,
    jobStore,
    queueStore,
    folders,
    checkData,
  });
  const { scheduler, recover } = training;
  const jobs = createJobs({
    store: jobStore,
    insertJob: createInsertJob(db),
    now,
    findTrainable: trainableFrom(needs),
    baseNames: [...bases.keys()],
    assertMayTrain: needs.lifecycle.assertMayTrain,
    findFile: files.find,
    prepareFolder: (jobId, given) =>
      folders.create(jobId, async (aside) => {
        await files.share(given.training, join(aside, "training.jsonl"), "training_file");
        if (given.validation)
          await files.share(given.validation, join(aside, "validation.jsonl"), "validation_file");
      }),
    removeFolder: folders.remove,
    queue: queueStore,
    checkpoints: createCheckpointStore(db),
    releaseAdapter: needs.models.releaseAdapter,
    abilities: needs.abilities,
    mostWaiting: config.PERENNIAL_PROJECT_WAITING_JOBS,
    pausedStatus: config.PERENNIAL_PAUSED_STATUS,
    onCreated: scheduler.wake,
    onCancelled: scheduler.stopJob,
    onPauseChanged: scheduler.changePause,
  });
  return { scheduler, recover, jobs, checkData, folders, findJob: jobStore.findAnyJob };
}
