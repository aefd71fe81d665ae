import { z } from "zod";
import { randomText } from "../../platform/ids.ts";
import { type BaseModel, EngineStartError, type RunningEngine, type StartEngine } from "../engine.ts";
import { type Connection, exchange } from "../engine-http.ts";
import { type EngineProcess, startEngineProcess, withFreePort } from "../supervision/engine-process.ts";
import { groupBytes } from "../supervision/process-memory.ts";
import { BASE_NAME, createVllmLoader } from "./adapters.ts";
import { causes } from "./causes.ts";
import { type VllmOptions, vllmCommand } from "./command.ts";
import { rememberedFormat } from "./facts.ts";
import { countBusyRequests, createVllmEngine, type VllmServer } from "./vllm.ts";

export type VllmNeeds = Omit<VllmOptions, "apiKey"> & {
  readonly findPython: () => Promise<string>;
  readonly base: BaseModel;
  readonly logFile: string;
  readonly startTimeoutMs: number;
};

/** It is asked to end, and takes shared memory with it; see server.py, which waits for less. */
const STOP_GRACE_MS = 10_000;

const Models = z.object({ data: z.tuple([z.object({ id: z.literal(BASE_NAME) })]) });

async function assertBase(connection: Connection, signal: AbortSignal): Promise<void> {
  Models.parse(await exchange(connection, "/v1/models", null, signal));
}

function running(started: EngineProcess, contextLength: number): RunningEngine {
  const { pid, connection, exited, stop } = started;
  const loader = createVllmLoader(connection);
  const findFormat = rememberedFormat(connection);
  const server: VllmServer = { connection, loader, contextLength, findFormat };
  return {
    pid,
    engineFor: (adapter, projectId) => createVllmEngine(server, adapter, projectId),
    loader,
    exited,
    memoryBytes: () => groupBytes(pid),
    heardBytes: connection.hearing.bytes,
    countBusy: (signal) => countBusyRequests(connection, signal),
    stop,
  };
}

async function startOnce(needs: VllmNeeds, signal: AbortSignal): Promise<RunningEngine> {
  const apiKey = randomText(32);
  const command = vllmCommand(await needs.findPython(), { ...needs, apiKey });
  const { logFile, startTimeoutMs } = needs;
  const stopGraceMs = STOP_GRACE_MS;
  const started = await startEngineProcess(
    { command, apiKey, logFile, pickLines: causes, startTimeoutMs, stopGraceMs, assertReady: assertBase },
    signal,
  );
  return running(started, needs.base.contextLength);
}

/** Starts vLLM with one base model; it takes adapters in while it runs. */
export const startVllm =
  (needs: VllmNeeds): StartEngine =>
  async (adapters, signal) => {
    if (adapters.length > 0) throw new EngineStartError("vLLM is started without adapters.", []);
    return await withFreePort(() => startOnce(needs, signal));
  };
