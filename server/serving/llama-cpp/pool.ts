import { join } from "node:path";
import type { ServerSettings } from "../../../contract/settings.ts";
import type { Log } from "../../platform/log.ts";
import type { EngineMemory } from "../admission/engine-memory.ts";
import type { BaseModel } from "../engine.ts";
import type { EnginePool } from "../pool.ts";
import { createLeasedEngine } from "../supervision/leased-engine.ts";
import { createSupervisor } from "../supervision/supervisor.ts";
import { systemTimers } from "../supervision/timers.ts";
import type { MakeCommand } from "./command.ts";
import { startLlamaCpp } from "./process.ts";

const START_TIMEOUT_MS = 60_000;

export type PoolSettings = Pick<
  ServerSettings,
  | "PERENNIAL_ENGINE_SLOTS"
  | "PERENNIAL_ENGINE_ADAPTERS"
  | "PERENNIAL_ENGINE_THREADS"
  | "PERENNIAL_ENGINE_BATCH_TOKENS"
  | "PERENNIAL_ENGINE_IDLE_SECONDS"
  | "PERENNIAL_ENGINE_SILENCE_SECONDS"
>;

type Needs = {
  readonly config: PoolSettings;
  readonly base: BaseModel;
  readonly makeCommand: MakeCommand;
  /** The GGUF file of an adapter, by its id. */
  readonly ggufOf: (adapterId: string) => string;
  readonly logFolder: string;
  /** Its model is never left out for another. */
  readonly isPinned: (adapterId: string) => boolean;
  /** null: engines start whatever memory there is. */
  readonly memory: EngineMemory | null;
  readonly log: Log;
};

/** llama.cpp's server for one base: a process that is replaced when another adapter is asked for. */
export function createLlamaCppPool({
  config,
  base,
  makeCommand,
  ggufOf,
  logFolder,
  isPinned,
  memory,
  log,
}: Needs): EnginePool {
  const start = startLlamaCpp({
    makeCommand,
    base,
    logFile: join(logFolder, `engine-${base.id}.log`),
    slots: config.PERENNIAL_ENGINE_SLOTS,
    threads: config.PERENNIAL_ENGINE_THREADS,
    batchTokens: config.PERENNIAL_ENGINE_BATCH_TOKENS,
    startTimeoutMs: START_TIMEOUT_MS,
  });
  const supervisor = createSupervisor({
    baseId: base.id,
    start: memory ? memory.measuring(base.id, start) : start,
    ...(memory ? { reserve: (adapters) => memory.reserve(base, adapters) } : {}),
    timers: systemTimers,
    log,
    isPinned,
    maxAdapters: config.PERENNIAL_ENGINE_ADAPTERS,
    idleMs: config.PERENNIAL_ENGINE_IDLE_SECONDS * 1000,
    silenceMs: config.PERENNIAL_ENGINE_SILENCE_SECONDS * 1000,
  });
  const adapterOf = (id: string | null) => (id === null ? null : { id, path: ggufOf(id) });
  return {
    // A llama.cpp server computes together what has the same adapter; all others wait until that is done.
    oneModel: true,
    places: config.PERENNIAL_ENGINE_SLOTS,
    engine: (id) => createLeasedEngine(supervisor.lease, adapterOf(id)),
    isReady: supervisor.holds,
    whenReady: async (id, signal) => (await supervisor.lease(adapterOf(id), signal)).release(),
    stopIdle: supervisor.stopIfIdle,
    forget: supervisor.forget,
    processes: () =>
      Promise.all(
        supervisor.processes().map(async ({ pid, adapterIds, memoryBytes }) => ({
          base: base.id,
          pid,
          adapters: adapterIds.length,
          memoryBytes: await memoryBytes(),
        })),
      ),
    [Symbol.asyncDispose]: () => supervisor[Symbol.asyncDispose](),
  };
}
