import { chmodSync } from "node:fs";
import { join, resolve } from "node:path";
import { createAdaptorServer, type ServerType } from "@hono/node-server";
import { assemble } from "./assemble.ts";
import type { Config } from "./config.ts";
import { lockFolder } from "./database/folder-lock.ts";
import { readBases } from "./models/bases.ts";
import { systemClock } from "./platform/clock.ts";
import type { Log } from "./platform/log.ts";
import { createServing } from "./serving/serving.ts";
import { createTrainer } from "./training/trainer-process.ts";

export type RunningServer = AsyncDisposable & {
  readonly url: string;
  readonly apiKey: string;
  readonly adminKey: string;
  /** True when the keys were made by this start and should be shown, once. */
  readonly keysAreNew: boolean;
  readonly bases: readonly string[];
};

const trainerFolder = resolve(import.meta.dirname, "../trainer");

function listen(http: ServerType, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    http.once("error", (error: NodeJS.ErrnoException) => {
      const taken = new Error(`Port ${port} of ${host} is taken: set PERENNIAL_PORT to another one.`, {
        cause: error,
      });
      reject(error.code === "EADDRINUSE" ? taken : error);
    });
    http.listen(port, host, () => {
      const address = http.address();
      resolve(typeof address === "object" && address ? address.port : port);
    });
  });
}

/** How long requests that have begun may take to finish once the server is asked to stop. */
const DRAIN_MS = 5000;

/** Takes no new connection, lets requests finish for a while, then cuts what is left. */
async function close(http: ServerType): Promise<void> {
  const closed = new Promise<void>((resolve) => http.close(() => resolve()));
  if (!("closeAllConnections" in http)) return closed;
  http.closeIdleConnections();
  const cut = setTimeout(() => http.closeAllConnections(), DRAIN_MS);
  await closed;
  clearTimeout(cut);
}

/** Opens, wires and listens; disposing it closes all of that in reverse, and leaves trainers at work. */
export async function startServer(config: Config, log: Log): Promise<RunningServer> {
  await using opened = new AsyncDisposableStack();
  const data = config.PERENNIAL_DATA;
  opened.use(lockFolder(data));
  chmodSync(data, 0o700);
  const bases = readBases(config.bases);
  const trainer = createTrainer({ python: config.python, trainerFolder });
  const assembled = opened.use(
    await assemble({
      config,
      log,
      now: systemClock,
      bases,
      trainer,
      createServing: (adapters) =>
        createServing({ config, bases, ggufOf: adapters.ggufOf, logFolder: join(data, "logs"), log }),
    }),
  );

  const http = createAdaptorServer({ fetch: assembled.app.fetch });
  const port = await listen(http, config.PERENNIAL_PORT, config.PERENNIAL_HOST);
  opened.defer(() => close(http));
  assembled.scheduler.wake();

  const host = config.PERENNIAL_HOST.includes(":") ? `[${config.PERENNIAL_HOST}]` : config.PERENNIAL_HOST;
  const { apiKey, adminKey, made } = assembled.firstKeys;
  const stack = opened.move();
  return {
    url: `http://${host}:${port}`,
    apiKey,
    adminKey,
    keysAreNew: made,
    bases: [...bases.keys()],
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
