import { randomText } from "../../platform/ids.ts";
import type { Adapter, BaseModel, RunningEngine, StartEngine } from "../engine.ts";
import { type EngineProcess, startEngineProcess, withFreePort } from "../supervision/engine-process.ts";
import { residentBytes } from "../supervision/process-memory.ts";
import type { MakeCommand } from "./command.ts";
import { createLlamaCppEngine, type LlamaCppServer } from "./llama-cpp.ts";
import { rememberedFacts } from "./model-facts.ts";
import { createPortions } from "./portions.ts";
import { assertLoaded, countBusySlots } from "./server-state.ts";
import { createSlots } from "./slots.ts";

export type LlamaCppNeeds = {
  readonly makeCommand: MakeCommand;
  readonly base: BaseModel;
  /** Where the process writes what it complains about. */
  readonly logFile: string;
  readonly slots: number;
  readonly threads: number;
  readonly batchTokens: number;
  readonly startTimeoutMs: number;
};

const STOP_GRACE_MS = 2_000;

function running(started: EngineProcess, server: LlamaCppServer): RunningEngine {
  const { pid, connection, exited, stop } = started;
  return {
    pid,
    engineFor: (adapter, projectId) => createLlamaCppEngine(server, adapter, projectId),
    loader: null,
    exited,
    memoryBytes: () => residentBytes(pid),
    heardBytes: connection.hearing.bytes,
    countBusy: (signal) => countBusySlots(connection, signal),
    stop,
  };
}

async function startOnce(needs: LlamaCppNeeds, adapters: readonly Adapter[], signal: AbortSignal) {
  const apiKey = randomText(32);
  const command = await needs.makeCommand({ ...needs, adapters, apiKey });
  const { logFile, startTimeoutMs } = needs;
  const started = await startEngineProcess(
    {
      ...{ command, apiKey, logFile, startTimeoutMs, stopGraceMs: STOP_GRACE_MS },
      assertReady: (connection, over) => assertLoaded(connection, adapters, over),
    },
    signal,
  );
  const { connection } = started;
  return running(started, {
    connection,
    loaded: adapters,
    facts: rememberedFacts(connection),
    slots: createSlots(needs.slots),
    portions: createPortions(),
  });
}

/** Starts llama.cpp with a set of adapters; resolves once it answers and is known to hold them. */
export const startLlamaCpp =
  (needs: LlamaCppNeeds): StartEngine =>
  (adapters, signal) =>
    withFreePort(() => startOnce(needs, adapters, signal));
