import { join } from "node:path";
import type { ServerSettings } from "../../../contract/settings.ts";
import type { Log } from "../../platform/log.ts";
import type { EngineMemory } from "../admission/engine-memory.ts";
import type { BaseModel } from "../engine.ts";
import type { EnginePool } from "../pool.ts";
import { createSupervisedPool } from "../supervision/supervised-pool.ts";
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
  return createSupervisedPool({
    // A llama.cpp server computes together what has the same adapter; all others wait until that is done.
    ...{ oneModel: true, loadsWhileRunning: false },
    ...{ config, base, start, pathOf: ggufOf, isPinned, memory, log },
  });
}
