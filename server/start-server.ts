import { join, resolve } from "node:path";
import type { FirstKeys } from "./api-keys/first-keys.ts";
import { assemble } from "./assemble.ts";
import type { Config } from "./config.ts";
import { lockFolder } from "./database/folder-lock.ts";
import { close, createHttpServer, listen } from "./http-server.ts";
import { readBases } from "./models/bases.ts";
import { readUpstreamModels } from "./models/upstreams.ts";
import { systemClock } from "./platform/clock.ts";
import type { Log } from "./platform/log.ts";
import { createServing } from "./serving/serving.ts";
import { createTrainerAbilities } from "./training/trainer-abilities.ts";
import { createTrainer } from "./training/trainer-process.ts";

export type RunningServer = AsyncDisposable & {
  readonly url: string;
  readonly keys: FirstKeys;
  readonly bases: readonly string[];
  /** Opens the dashboard, once; null: there is no admin key to open it with. */
  readonly dashboardLink: string | null;
};

/** A browser cannot open what a server on all addresses listens on. */
const namedHost = (host: string): string => (host === "0.0.0.0" || host === "[::]" ? "localhost" : host);

const trainerFolder = resolve(import.meta.dirname, "../trainer");

/** Opens, wires and listens; disposing it closes all of that in reverse, and leaves trainers at work. */
export async function startServer(config: Config, log: Log): Promise<RunningServer> {
  await using opened = new AsyncDisposableStack();
  const data = config.PERENNIAL_DATA;
  opened.use(lockFolder(data));
  const bases = readBases(config.bases, (facts, message) => log.warn(facts, message));
  const upstreamModels = readUpstreamModels({ file: config.upstreams, environment: process.env }, bases);
  const trainer = createTrainer({ python: config.python, trainerFolder });
  const assembled = opened.use(
    await assemble({
      config,
      log,
      now: systemClock,
      bases,
      upstreamModels,
      trainer,
      abilities: createTrainerAbilities({ python: config.python, now: systemClock }),
      createServing: (adapters, memory) =>
        createServing({
          config,
          bases,
          upstreamModels,
          ggufOf: adapters.ggufOf,
          peftOf: adapters.folderOf,
          logFolder: join(data, "logs"),
          memory,
          log,
        }),
    }),
  );

  const http = createHttpServer(assembled.app.fetch, { shortcut: assembled.shortcut });
  const port = await listen(http, config.PERENNIAL_PORT, config.PERENNIAL_HOST);
  opened.defer(() => close(http));
  opened.use(assembled.dashboard);
  assembled.scheduler.wake();
  assembled.telling.wake();
  assembled.backgroundResponses.wake();

  const host = config.PERENNIAL_HOST.includes(":") ? `[${config.PERENNIAL_HOST}]` : config.PERENNIAL_HOST;
  const link = await assembled.dashboard.firstLink();
  const opensAt = config.PERENNIAL_PUBLIC_URL ?? `http://${namedHost(host)}:${port}`;
  const stack = opened.move();
  return {
    url: `http://${host}:${port}`,
    keys: assembled.firstKeys,
    dashboardLink: link && `${opensAt}/#link=${link}`,
    bases: [...bases.keys(), ...upstreamModels.keys()],
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
