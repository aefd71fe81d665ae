import { chmodSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createAdaptorServer } from "@hono/node-server";
import { sql } from "kysely";
import { createAuthenticate } from "./api-keys/authenticate.ts";
import { ensureFirstKeys } from "./api-keys/first-keys.ts";
import { createKeyStore } from "./api-keys/key-store.ts";
import { createKeys } from "./api-keys/keys.ts";
import { createApp } from "./app.ts";
import { createChat } from "./chat/chat.ts";
import type { Config } from "./config.ts";
import { openDatabase } from "./database/database.ts";
import { lockFolder } from "./database/folder-lock.ts";
import { createFileBytes } from "./files/file-bytes.ts";
import { createFileStore } from "./files/file-store.ts";
import { createFiles } from "./files/files.ts";
import { createJobStore } from "./fine-tuning/job-store.ts";
import { createJobs } from "./fine-tuning/jobs.ts";
import { renderMetrics } from "./metrics.ts";
import { createAdapters } from "./models/adapters.ts";
import { readBases } from "./models/bases.ts";
import { createModelStore } from "./models/model-store.ts";
import { createModels } from "./models/models.ts";
import { systemClock } from "./platform/clock.ts";
import type { Log } from "./platform/log.ts";
import { createTraining } from "./scheduler/training.ts";
import { createServing } from "./serving/serving.ts";
import { createJobFolders } from "./training/job-folder.ts";

export type RunningServer = AsyncDisposable & {
  readonly url: string;
  readonly apiKey: string;
  readonly adminKey: string;
  /** True when the keys were made by this start and should be shown, once. */
  readonly keysAreNew: boolean;
  readonly bases: readonly string[];
};

const HOUR_MS = 3600 * 1000;

/** Opens, wires and listens; disposing it closes all of that in reverse, and leaves trainers at work. */
export async function startServer(config: Config, log: Log): Promise<RunningServer> {
  await using opened = new AsyncDisposableStack();
  const data = config.PERENNIAL_DATA;
  const now = systemClock;
  opened.use(lockFolder(data));
  chmodSync(data, 0o700);
  const db = openDatabase(join(data, "perennial.sqlite"));
  opened.defer(() => db.destroy());

  const keyStore = createKeyStore(db);
  const first = await ensureFirstKeys({
    store: keyStore,
    now,
    dataFolder: data,
    slug: config.PERENNIAL_ORGANIZATION,
    apiKey: config.PERENNIAL_API_KEY ?? null,
    adminKey: config.PERENNIAL_ADMIN_KEY ?? null,
  });

  const fileBytes = await createFileBytes(join(data, "files"));
  const files = createFiles({ store: createFileStore(db), bytes: fileBytes, now });
  await files.sweep();
  const sweeping = setInterval(() => files.expire().catch((err) => log.error({ err }, "sweeping files failed")), HOUR_MS);
  opened.defer(() => clearInterval(sweeping));

  const bases = readBases(config.bases);
  const adapters = await createAdapters(join(data, "adapters"));
  const serving = opened.use(createServing({ config, bases, ggufOf: adapters.ggufOf, logFolder: join(data, "logs"), log }));
  const modelStore = createModelStore(db);
  const models = createModels({ store: modelStore, bases, adapters, now, onRemoved: serving.removeAdapter });
  await models.sweep();

  const folders = await createJobFolders(join(data, "jobs"));
  const jobStore = createJobStore(db);
  const training = createTraining({
    python: config.python,
    limit: config.PERENNIAL_TRAININGS,
    jobStore,
    files,
    models,
    adapters,
    bases,
    folders,
    checkFidelity: serving.checkFidelity,
    now,
    log,
  });
  await training.recover();
  opened.use(training.scheduler);

  const jobs = createJobs({
    store: jobStore,
    now,
    findTrainable: async (projectId, model) => {
      const target = await models.findTarget(projectId, model);
      return target ? { baseModel: target.base.id, parentAdapter: target.adapter } : null;
    },
    findFile: files.getFile,
    prepareFolder: (jobId, { training: trainingFile, validation }) =>
      folders.create(jobId, async (aside) => {
        await files.share(trainingFile, join(aside, "training.jsonl"));
        if (validation) await files.share(validation, join(aside, "validation.jsonl"));
      }),
    onCreated: training.scheduler.wake,
    onCancelled: training.scheduler.stopJob,
  });

  const chat = createChat({ resolve: models.resolve, send: serving.chat, now, log });
  const app = createApp({
    log,
    authenticate: createAuthenticate({ store: keyStore, now }),
    isReady: () => sql`select 1`.execute(db).then(() => true, () => false),
    metrics: () => renderMetrics(db, training.scheduler.countRunning()),
    keys: createKeys({ store: keyStore, now }),
    files,
    fileBytes,
    jobs,
    models,
    chat,
  });

  const http = createAdaptorServer({ fetch: app.fetch });
  await new Promise<void>((resolve, reject) => {
    http.once("error", reject);
    http.listen(config.PERENNIAL_PORT, config.PERENNIAL_HOST, resolve);
  });
  opened.defer(
    () =>
      new Promise<void>((resolve) => {
        http.close(() => resolve());
        if ("closeAllConnections" in http) http.closeAllConnections();
      }),
  );
  training.scheduler.wake();

  const { port } = http.address() as AddressInfo;
  const host = config.PERENNIAL_HOST.includes(":") ? `[${config.PERENNIAL_HOST}]` : config.PERENNIAL_HOST;
  const stack = opened.move();
  return {
    url: `http://${host}:${port}`,
    apiKey: first.apiKey,
    adminKey: first.adminKey,
    keysAreNew: first.made,
    bases: [...bases.keys()],
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
