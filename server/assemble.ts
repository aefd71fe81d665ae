import { join, resolve } from "node:path";
import { ensureFirstKeys } from "./api-keys/first-keys.ts";
import { createKeyStore } from "./api-keys/key-store.ts";
import { createKeys } from "./api-keys/keys.ts";
import { createOrganizations } from "./api-keys/organizations.ts";
import { createApp } from "./app.ts";
import { assembleChat } from "./assemble-chat.ts";
import { assembleDashboard } from "./assemble-dashboard.ts";
import { assembleFeeds } from "./assemble-feeds.ts";
import { assembleFileChecks, assembleFiles } from "./assemble-files.ts";
import { assembleLifecycle } from "./assemble-lifecycle.ts";
import { assembleLimits } from "./assemble-limits.ts";
import { assembleNotices } from "./assemble-notices.ts";
import { assembleResponses, type RenderedPrompt } from "./assemble-responses.ts";
import { assembleTraining } from "./assemble-training.ts";
import { assembleUsage } from "./assemble-usage.ts";
import { openBundles } from "./bundles/open-bundles.ts";
import { createPermissionStore } from "./checkpoint-permissions/permission-store.ts";
import { createPermissions } from "./checkpoint-permissions/permissions.ts";
import type { Config } from "./config.ts";
import { isAnswering, openDatabase } from "./database/database.ts";
import { openEstimates } from "./estimates/open-estimates.ts";
import { expireRegularly } from "./expire-regularly.ts";
import type { TrainerAbilities } from "./fine-tuning/create-job.ts";
import type { EngineReply } from "./generation/engine-answer.ts";
import { createShortcut } from "./http-shortcut.ts";
import { renderMetrics } from "./metrics.ts";
import { type Adapters, createAdapters } from "./models/adapters.ts";
import type { Base, ServedBase } from "./models/bases.ts";
import { createModelStore } from "./models/model-store.ts";
import { createModels, type Target } from "./models/models.ts";
import type { Send } from "./notices/send.ts";
import type { SendMail } from "./notices/smtp.ts";
import type { Clock } from "./platform/clock.ts";
import type { Log } from "./platform/log.ts";
import { type Memory, readMemory } from "./platform/memory.ts";
import type { CheckFidelity } from "./scheduler/finish-job.ts";
import type { EstimateMemory } from "./scheduler/queue.ts";
import type { MemoryForEngines } from "./serving/admission/engine-memory.ts";
import type { PromptText, RawPrompt } from "./serving/engine.ts";
import type { ProcessFacts, QueueFacts } from "./serving/pool.ts";
import { deviceOf } from "./training/job-memory.ts";
import type { Trainer } from "./training/trainer-process.ts";

/** What the rest of the server asks of the engines. */
export type Serving = AsyncDisposable & {
  chat(target: Target, body: Record<string, unknown>, signal: AbortSignal): Promise<EngineReply>;
  renderPrompt(target: Target, prompt: RenderedPrompt, signal: AbortSignal): Promise<readonly number[]>;
  complete(target: Target, body: Record<string, unknown>, signal: AbortSignal): Promise<EngineReply>;
  readPrompt(
    target: Target,
    asked: { readonly prompt: RawPrompt; readonly top: number | null },
    signal: AbortSignal,
  ): Promise<PromptText>;
  checkFidelity: CheckFidelity;
  removeAdapter(base: string, adapter: string): Promise<void>;
  describe(): Promise<readonly ProcessFacts[]>;
  queues(): readonly QueueFacts[];
};

type Needs = {
  config: Config;
  log: Log;
  now: Clock;
  /** Of this machine; `upstreamModels` are those that other servers answer for. */
  bases: ReadonlyMap<string, Base>;
  upstreamModels?: ReadonlyMap<string, ServedBase>;
  trainer: Trainer;
  abilities: TrainerAbilities;
  /** `memory`: where engines have to wait for it. */
  createServing: (adapters: Adapters, memory?: MemoryForEngines) => Serving;
  /** Pause before a trainer that died is started again. */
  restartPauseMs?: number;
  /** Folder of the dashboard's built pages; left out: where set-up puts them. */
  pages?: string;
  /** How webhooks are sent; left out: over the network. */
  sendWebhook?: Send;
  /** How mail is handed in; left out: to the settings' SMTP server. */
  sendMail?: SendMail;
  /** A trainer that told nothing for so long hangs: its heartbeat comes every five seconds. */
  silenceMs?: number;
  /** The clock of rate limits; left out: the machine's. */
  limitClockMs?: () => number;
  /** Until the queue looks again after a fault, or for memory. */
  retryMs?: number;
  /** Memory that trainings may use, and what a job's training needs of it. */
  readMemory?: () => Memory;
  estimateMemory?: EstimateMemory;
};

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

  const deprecationsPage = `${config.publicUrl}/deprecations`;
  const { sendMail } = given;
  const telling = opened.use(
    assembleNotices({ config, db, keyStore, page: deprecationsPage, now, log, sendWebhook, sendMail }),
  );
  const { webhooks, deliveries, deliverer } = telling;
  await telling.expire();

  const { files, fileBytes, uploads, partBytes } = await assembleFiles({ config, db, now });
  opened.use(uploads);
  const modelStore = createModelStore(db);
  const served: ReadonlyMap<string, ServedBase> = new Map([...bases, ...(given.upstreamModels ?? [])]);
  const { lifecycle, changes, status } = await assembleLifecycle({
    db,
    bases: served,
    modelStore,
    now,
    deprecationsPage,
    onChanged: telling.teller.wake,
  });
  const metered = opened.use(await assembleUsage({ config, db, now, log }));
  const { usage } = metered;

  const adapters = await createAdapters(join(data, "adapters"));
  const memory = given.readMemory ?? readMemory;
  const engineMemory = { read: memory, promisedBytes: () => scheduler.promisedBytes() };
  const isMemoryChecked = config.PERENNIAL_MEMORY_CHECK === "on";
  const serving = opened.use(createServing(adapters, isMemoryChecked ? engineMemory : undefined));
  const seen = { readMemory: memory, serving, pages: given.pages };
  const dashboard = opened.use(assembleDashboard({ config, db, keyStore, firstKeys, now, log, ...seen }));
  const models = createModels({
    store: modelStore,
    bases: served,
    adapters,
    now,
    onRemoved: (base, adapter) => serving.removeAdapter(base, adapter),
    modelDates: lifecycle.modelDates,
    deprecationsPage,
  });
  await models.sweep();

  const permissions = createPermissions({
    store: createPermissionStore(db),
    findProject: keyStore.findProject,
    now,
  });

  const { scheduler, recover, jobs, checkData, folders, findJob } = await assembleTraining({
    config,
    db,
    now,
    log,
    bases,
    trainer,
    abilities,
    files,
    models,
    lifecycle,
    adapters,
    checkFidelity: serving.checkFidelity,
    onEnded: deliverer.wake,
    restartPauseMs,
    silenceMs,
    retryMs,
    readMemory: memory,
    estimateMemory: given.estimateMemory,
  });
  opened.use(scheduler);
  await recover();

  const made = opened.use(
    assembleResponses({ config, db, now, log, resolve: models.resolve, serving, usage, deprecationsPage }),
  );
  await made.recover();

  opened.use(expireRegularly([files, uploads, telling, made.responses, metered, dashboard], log));

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
      readMemory: memory,
      device: () => deviceOf(abilities),
      countTrainings: scheduler.countRunning,
      log,
    }),
  );

  const { bundles } = opened.use(
    await openBundles({
      config,
      db,
      now,
      bases,
      adapters,
      folders,
      findJob,
      checkFidelity: serving.checkFidelity,
      releaseAdapter: models.releaseAdapter,
      log,
    }),
  );

  const keys = createKeys({ store: keyStore, now, onArchived: jobs.cancelAll });
  const limits = await assembleLimits({ config, db, keys, models, served, nowMs: given.limitClockMs });

  const metering = { usage, limiter: limits.limiter };
  const { questions, storedCompletions } = assembleChat({
    ...{ db, now, log, serving, metering, deprecationsPage },
    resolve: models.resolve,
  });

  const app = createApp({
    log,
    authenticate: dashboard.authenticate,
    dashboard,
    isReady: () => isAnswering(db),
    metrics: async () =>
      renderMetrics(db, {
        trainings: scheduler.countRunning(),
        engines: await serving.describe(),
        queues: serving.queues(),
        schedules: [...lifecycle.schedules().values()],
        requests: metered.metricLines(),
      }),
    keys,
    organizations: createOrganizations({ store: keyStore, now }),
    files,
    fileBytes,
    uploads,
    partBytes,
    fileChecks: assembleFileChecks({ config, files, models, bases, checkData, log }),
    jobs,
    estimate,
    permissions,
    models,
    bundles,
    webhooks,
    deliveries,
    responses: made.responses,
    conversations: made.conversations,
    questions,
    storedCompletions,
    metering,
    ...metered.questions,
    rateLimits: limits.rateLimits,
    deprecationsPage,
    lifecycle: { lifecycle, changes, status },
    feeds: assembleFeeds({ config, db, lifecycle, page: deprecationsPage, now }),
    notices: telling.notices,
  });

  const stack = opened.move();
  const parts = {
    app,
    shortcut: createShortcut({ questions, callerOfKey: dashboard.callerOfKey, log }),
    firstKeys,
    dashboard,
    uploads,
    scheduler,
    deliverer,
    telling,
    responses: made.responses,
    backgroundResponses: { wake: made.wake },
    expireMetering: metered.expire,
  };
  return { ...parts, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}
