import type { ServerSettings } from "../../../contract/settings.ts";
import type { Log } from "../../platform/log.ts";
import type { EngineMemory } from "../admission/engine-memory.ts";
import type { BaseModel, StartEngine } from "../engine.ts";
import type { EnginePool } from "../pool.ts";
import { createLeasedEngine } from "./leased-engine.ts";
import { createSupervisor } from "./supervisor.ts";
import { systemTimers } from "./timers.ts";

type Needs = {
  readonly config: Pick<
    ServerSettings,
    | "PERENNIAL_ENGINE_SLOTS"
    | "PERENNIAL_ENGINE_ADAPTERS"
    | "PERENNIAL_ENGINE_IDLE_SECONDS"
    | "PERENNIAL_ENGINE_SILENCE_SECONDS"
  >;
  readonly base: BaseModel;
  readonly start: StartEngine;
  readonly oneModel: boolean;
  readonly loadsWhileRunning: boolean;
  /** What the engine reads of an adapter, by its id. */
  readonly pathOf: (adapterId: string) => string;
  /** Its model is never left out for another. */
  readonly isPinned: (adapterId: string) => boolean;
  /** null: engines start whatever memory there is. */
  readonly memory: EngineMemory | null;
  readonly log: Log;
};

/** A process for one base, started when it is first asked. */
export function createSupervisedPool({
  config,
  base,
  oneModel,
  pathOf,
  memory,
  ...needs
}: Needs): EnginePool {
  const supervisor = createSupervisor({
    ...needs,
    baseId: base.id,
    start: memory ? memory.measuring(base.id, needs.start) : needs.start,
    ...(memory ? { reserve: (adapters) => memory.reserve(base, adapters) } : {}),
    timers: systemTimers,
    maxAdapters: config.PERENNIAL_ENGINE_ADAPTERS,
    idleMs: config.PERENNIAL_ENGINE_IDLE_SECONDS * 1000,
    silenceMs: config.PERENNIAL_ENGINE_SILENCE_SECONDS * 1000,
  });
  const adapterOf = (id: string | null) => (id === null ? null : { id, path: pathOf(id) });
  return {
    oneModel,
    places: config.PERENNIAL_ENGINE_SLOTS,
    engine: (id, projectId) => createLeasedEngine(supervisor.lease, adapterOf(id), projectId),
    isReady: supervisor.holds,
    whenReady: async (id, signal) => (await supervisor.lease(adapterOf(id), signal)).release(),
    stopIdle: supervisor.stopIfIdle,
    forget: supervisor.forget,
    processes: () =>
      Promise.all(
        supervisor.processes().map(async ({ pid, adapterIds, memoryBytes }) => ({
          base: base.id,
          pid,
          adapters: adapterIds().length,
          memoryBytes: await memoryBytes(),
        })),
      ),
    [Symbol.asyncDispose]: () => supervisor[Symbol.asyncDispose](),
  };
}
