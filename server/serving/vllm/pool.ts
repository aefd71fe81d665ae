import { join } from "node:path";
import type { ServerSettings } from "../../../contract/settings.ts";
import type { Log } from "../../platform/log.ts";
import type { EngineMemory } from "../admission/engine-memory.ts";
import type { BaseModel } from "../engine.ts";
import type { EnginePool } from "../pool.ts";
import { createSupervisedPool } from "../supervision/supervised-pool.ts";
import { startVllm } from "./process.ts";

/** Weights of a large model come from a disk first, and kernels are compiled. */
const START_TIMEOUT_MS = 20 * 60_000;

export type VllmSettings = Pick<
  ServerSettings,
  | "PERENNIAL_ENGINE_SLOTS"
  | "PERENNIAL_ENGINE_ADAPTERS"
  | "PERENNIAL_ENGINE_THREADS"
  | "PERENNIAL_ENGINE_IDLE_SECONDS"
  | "PERENNIAL_ENGINE_SILENCE_SECONDS"
  | "PERENNIAL_VLLM_ARGUMENTS"
  | "PERENNIAL_VLLM_LORA_RANK"
>;

type Needs = {
  readonly config: VllmSettings;
  readonly base: BaseModel;
  readonly findPython: () => Promise<string>;
  /** An adapter's folder as PEFT wrote it, by its id. */
  readonly peftOf: (adapterId: string) => string;
  readonly logFolder: string;
  readonly isPinned: (adapterId: string) => boolean;
  readonly memory: EngineMemory | null;
  readonly log: Log;
};

/** vLLM for one base: one process, which takes adapters in and out while it runs. */
export function createVllmPool({ config, base, findPython, peftOf, logFolder, ...needs }: Needs): EnginePool {
  const start = startVllm({
    findPython,
    base,
    logFile: join(logFolder, `engine-${base.id}.log`),
    slots: config.PERENNIAL_ENGINE_SLOTS,
    adapters: config.PERENNIAL_ENGINE_ADAPTERS,
    threads: config.PERENNIAL_ENGINE_THREADS,
    loraRank: config.PERENNIAL_VLLM_LORA_RANK,
    extra: config.PERENNIAL_VLLM_ARGUMENTS,
    startTimeoutMs: START_TIMEOUT_MS,
  });
  return createSupervisedPool({
    ...{ oneModel: false, loadsWhileRunning: true },
    ...{ config, base, start, pathOf: peftOf },
    ...needs,
  });
}
