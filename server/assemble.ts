import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { sql } from "kysely";
import { checkDataAside, isLarge } from "../training-data/check-aside.ts";
import type { DataRequest } from "../training-data/check-data.ts";
import { createTokens } from "../training-data/tokens.ts";
import { createAuthenticate } from "./api-keys/authenticate.ts";
import { ensureFirstKeys } from "./api-keys/first-keys.ts";
import { createKeyStore } from "./api-keys/key-store.ts";
import { createKeys } from "./api-keys/keys.ts";
import { createApp } from "./app.ts";
import { createChat } from "./chat/chat.ts";
import type { EngineReply } from "./chat/engine-answer.ts";
import { createPermissionStore } from "./checkpoint-permissions/permission-store.ts";
import { createPermissions } from "./checkpoint-permissions/permissions.ts";
import type { Config } from "./config.ts";
import { openDatabase } from "./database/database.ts";
import { openEstimates } from "./estimates/open-estimates.ts";
import { createFileChecks } from "./file-checks/file-checks.ts";
import { createFileBytes } from "./files/file-bytes.ts";
import { createFileStore } from "./files/file-store.ts";
import { createFiles } from "./files/files.ts";
import type { TrainerAbilities } from "./fine-tuning/create-job.ts";
import { createJobStore } from "./fine-tuning/job-store.ts";
import { createJobs } from "./fine-tuning/jobs.ts";
import { createQueueStore } from "./fine-tuning/queue-store.ts";
import { type EngineFacts, renderMetrics } from "./metrics.ts";
import { type Adapters, createAdapters } from "./models/adapters.ts";
import type { Base } from "./models/bases.ts";
import { createModelStore } from "./models/model-store.ts";
import { createModels, type Target } from "./models/models.ts";
import { createNotices } from "./notices/notices.ts";
import { recordEvent } from "./notices/outbox-store.ts";
import type { Send } from "./notices/send.ts";
import { childEnvironment } from "./platform/child-environment.ts";
import type { Clock } from "./platform/clock.ts";
import { createGate } from "./platform/gate.ts";
import type { Log } from "./platform/log.ts";
import { type Memory, readMemory } from "./platform/memory.ts";
import type { CheckFidelity } from "./scheduler/finish-job.ts";
import type { EstimateMemory } from "./scheduler/queue.ts";
import { createTraining } from "./scheduler/training.ts";
import { createJobFolders } from "./training/job-folder.ts";
import { jobMemory } from "./training/job-memory.ts";
import type { Trainer } from "./training/trainer-process.ts";
import { createUploadStore } from "./uploads/upload-store.ts";
import { createUploads } from "./uploads/uploads.ts";

/** What the rest of the server asks of the engines. */
export type Serving = AsyncDisposable & {
  chat(target: Target, body: Record<string, unknown>, signal: AbortSignal): Promise<EngineReply>;
  checkFidelity: CheckFidelity;
  removeAdapter(base: string, adapter: string): Promise<void>;
  describe(): Promise<readonly EngineFacts[]>;
};

type Needs = {
  config: Config;
  log: Log;
  now: Clock;
  bases: ReadonlyMap<string, Base>;
  trainer: Trainer;
  abilities: TrainerAbilities;
  createServing: (adapters: Adapters) => Serving;
  /** Pause before a trainer that died is started again. */
  restartPauseMs?: number;
  /** How webhooks are sent; left out: over the network. */
  sendWebhook?: Send;
  /** A trainer that told nothing for so long hangs: its heartbeat comes every five seconds. */
  silenceMs?: number;
  /** Until the queue looks again after a fault, or for memory. */
  retryMs?: number;
  /** Memory that trainings may use, and what a job's training needs of it. */
  readMemory?: () => Memory;
  estimateMemory?: EstimateMemory;
};

const EXPIRING_MS = 600 * 1000;
const trainerFolder = resolve(import.meta.dirname, "../trainer");

/** Opens the data folder's database and files and wires everything on it; nothing listens and no job starts yet. */
export async function assemble({
  config,
  log,
  now,
  bases,
  trainer,
  abilities,
  createServing,
  restartPauseMs = 1000,
  sendWebhook,
  silenceMs = 60_000,
  retryMs = 5000,
  ...given
}: Needs) {
  await using opened = new AsyncDisposableStack();
  const data = config.PERENNIAL_DATA;
  const db = openDatabase(join(data, "perennial.sqlite"));
  opened.defer(() => db.destroy());

  const keyStore = createKeyStore(db);
  const firstKeys = await ensureFirstKeys({
    store: keyStore,
    now,
    dataFolder: data,
    slug: config.PERENNIAL_ORGANIZATION,
    apiKey: config.PERENNIAL_API_KEY ?? null,
    adminKey: config.PERENNIAL_ADMIN_KEY ?? null,
  });

  const allowsPrivate = config.PERENNIAL_WEBHOOK_PRIVATE_ADDRESSES === "allow";
  const sending = sendWebhook ? { send: sendWebhook } : {};
  const { webhooks, deliveries, deliverer } = createNotices({ db, now, log, allowsPrivate, ...sending });
  opened.use(deliverer);
  await deliveries.expire();

  const fileBytes = await createFileBytes(join(data, "files"));
  const resultEncoding = config.PERENNIAL_RESULT_FILES === "base64" ? "base64" : "plain";
  const files = createFiles({ store: createFileStore(db), bytes: fileBytes, now, resultEncoding });
  await files.sweep();
  const partBytes = await createFileBytes(join(data, "uploads"), "part_");
  const uploads = opened.use(createUploads({ store: createUploadStore(db), bytes: partBytes, files, now }));
  await uploads.sweep();
  const expiring = setInterval(
    () =>
      Promise.all([files.expire(), uploads.expire(), deliveries.expire()]).catch((err) =>
        log.error({ err }, "expiring what is past its time failed"),
      ),
    EXPIRING_MS,
  );
  opened.defer(() => clearInterval(expiring));

  const adapters = await createAdapters(join(data, "adapters"));
  const serving = opened.use(createServing(adapters));
  const models = createModels({
    store: createModelStore(db),
    bases,
    adapters,
    now,
    onRemoved: (base, adapter) => serving.removeAdapter(base, adapter),
  });
  await models.sweep();

  const permissions = createPermissions({
    store: createPermissionStore(db),
    findProject: keyStore.findProject,
    now,
  });

  // One large file at a time: several at once would each take their memory.
  const checking = createGate(1, Number.POSITIVE_INFINITY);
  const checkData = async (request: DataRequest) =>
    (await isLarge(request))
      ? checking.run(() => checkDataAside(request), request.signal)
      : checkDataAside(request);
  const folders = await createJobFolders(join(data, "jobs"));
  const jobStore = createJobStore(db, {
    record: (trx, { id, projectId, status, at }) =>
      recordEvent(trx, { projectId, type: `fine_tuning.job.${status}`, subject: id, at }),
    announce: deliverer.wake,
  });
  const queueStore = createQueueStore(db);
  const { checkFidelity } = serving;
  const limit = config.PERENNIAL_TRAININGS === "auto" ? availableParallelism() : config.PERENNIAL_TRAININGS;
  const estimateMemory: EstimateMemory = (job) => {
    const base = bases.get(job.base_model);
    return base ? jobMemory(job, base, folders.trainingFileOf(job.id)) : null;
  };
  const memory = { read: given.readMemory ?? readMemory, estimate: given.estimateMemory ?? estimateMemory };
  const training = createTraining({
    trainer,
    limit,
    projectLimit: config.PERENNIAL_PROJECT_TRAININGS ?? limit,
    memory: config.PERENNIAL_MEMORY_CHECK === "on" ? memory : null,
    silenceMs,
    retryMs,
    jobStore,
    queueStore,
    files,
    models,
    adapters,
    bases,
    folders,
    checkFidelity,
    checkData,
    restartPauseMs,
    now,
    log,
  });
  opened.use(training.scheduler);
  await training.recover();

  const jobs = createJobs({
    store: jobStore,
    now,
    findTrainable: async (projectId, model) => {
      const target = await models.findTarget(projectId, model);
      if (!target) return null;
      const { id: baseModel, contextLength } = target.base;
      const shape = target.adapter === null ? null : await adapters.shapeOf(target.adapter);
      return { baseModel, contextLength, parentAdapter: target.adapter, shape };
    },
    findFile: files.getFile,
    prepareFolder: (jobId, given) =>
      folders.create(jobId, async (aside) => {
        await files.share(given.training, join(aside, "training.jsonl"));
        if (given.validation) await files.share(given.validation, join(aside, "validation.jsonl"));
      }),
    removeFolder: folders.remove,
    queue: queueStore,
    abilities,
    mostWaiting: config.PERENNIAL_PROJECT_WAITING_JOBS,
    pausedStatus: config.PERENNIAL_PAUSED_STATUS,
    onCreated: training.scheduler.wake,
    onCancelled: training.scheduler.stopJob,
    onPauseChanged: training.scheduler.changePause,
  });

  const { estimate } = opened.use(
    await openEstimates({
      dataFolder: data,
      python: config.python,
      trainerFolder,
      planJob: jobs.plan,
      files,
      bases,
      adapterFolder: adapters.folderOf,
      checkData,
      readMemory: memory.read,
      countTrainings: training.scheduler.countRunning,
      log,
    }),
  );

  const isReady = () =>
    sql`select 1`.execute(db).then(
      () => true,
      () => false,
    );
  const app = createApp({
    log,
    authenticate: createAuthenticate({ store: keyStore, now }),
    isReady,
    metrics: async () => renderMetrics(db, training.scheduler.countRunning(), await serving.describe()),
    keys: createKeys({ store: keyStore, now }),
    files,
    fileBytes,
    uploads,
    partBytes,
    fileChecks: createFileChecks({
      files,
      models,
      tokens: createTokens({ python: config.python, trainerFolder, env: childEnvironment(process.env) }),
      checkData,
      gates: { check: createGate(4, 20), tokens: createGate(2, 20) },
      log,
    }),
    jobs,
    estimate,
    permissions,
    models,
    webhooks,
    deliveries,
    chat: createChat({ resolve: models.resolve, send: serving.chat, now, log }),
  });

  const stack = opened.move();
  const { scheduler } = training;
  const parts = { app, firstKeys, uploads, scheduler, deliverer };
  return { ...parts, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}
