import { join } from "node:path";
import { Refusal } from "../../contract/errors.ts";
import type { ServerSettings } from "../../contract/settings.ts";
import type { FidelityProbe } from "../../contract/training.ts";
import type { Log } from "../platform/log.ts";
import {
  type Adapter,
  type BaseModel,
  type ChatRequest,
  type Engine,
  EngineError,
  EngineRefusal,
  type Prompt,
  type RawPrompt,
} from "./engine.ts";
import { measureFidelity } from "./fidelity.ts";
import { judgeFidelity } from "./judge-fidelity.ts";
import { createLeasedEngine } from "./leased-engine.ts";
import { findLlamaCpp, type MakeCommand } from "./llama-cpp-command.ts";
import { startLlamaCpp } from "./llama-cpp-process.ts";
import { createSupervisor, type Supervisor } from "./supervisor.ts";
import { systemTimers } from "./timers.ts";

export type ServingSettings = Pick<
  ServerSettings,
  | "PERENNIAL_LLAMA_SERVER"
  | "PERENNIAL_ENGINE_SLOTS"
  | "PERENNIAL_ENGINE_ADAPTERS"
  | "PERENNIAL_ENGINE_THREADS"
  | "PERENNIAL_ENGINE_IDLE_SECONDS"
  | "PERENNIAL_FIDELITY_TOLERANCE"
> & { readonly python: string };

export type ServingNeeds = {
  readonly config: ServingSettings;
  readonly bases: ReadonlyMap<string, BaseModel>;
  /** The GGUF file of an adapter, by its id. */
  readonly ggufOf: (adapterId: string) => string;
  readonly logFolder: string;
  readonly log: Log;
};

/** A model to answer with: a base and, for a tuned one, its adapter's id. */
export type ServingTarget = { readonly base: { readonly id: string }; readonly adapter: string | null };

const START_TIMEOUT_MS = 60_000;

/** Engines that cannot answer are the caller's 503, not a bug of ours. */
function asRefusal(error: unknown): unknown {
  if (error instanceof EngineRefusal) return new Refusal("invalid_request", error.message);
  if (!(error instanceof EngineError)) return error;
  return new Refusal("engine_unavailable", error.message, null, error.retryAfterSeconds);
}

const refuse = (error: unknown): never => {
  throw asRefusal(error);
};

/** The engines of all bases; each is started when it is first asked. */
export function createServing({ config, bases, ggufOf, logFolder, log }: ServingNeeds) {
  const supervisors = new Map<string, Supervisor>();
  let command: Promise<MakeCommand> | null = null;

  function makeCommand(): Promise<MakeCommand> {
    const places = { python: config.python, llamaServer: config.PERENNIAL_LLAMA_SERVER };
    command ??= findLlamaCpp(places).catch((error) => {
      command = null; // Asked again next time: it may be installed by then.
      throw error;
    });
    return command;
  }

  function newSupervisor(base: BaseModel): Supervisor {
    const start = startLlamaCpp({
      makeCommand: async (options) => (await makeCommand())(options),
      base,
      logFile: join(logFolder, `engine-${base.id}.log`),
      slots: config.PERENNIAL_ENGINE_SLOTS,
      threads: config.PERENNIAL_ENGINE_THREADS,
      startTimeoutMs: START_TIMEOUT_MS,
    });
    const maxAdapters = config.PERENNIAL_ENGINE_ADAPTERS;
    const idleMs = config.PERENNIAL_ENGINE_IDLE_SECONDS * 1000;
    return createSupervisor({ baseId: base.id, start, timers: systemTimers, log, maxAdapters, idleMs });
  }

  function supervisorOf(baseId: string): Supervisor {
    const found = supervisors.get(baseId);
    if (found) return found;
    const base = bases.get(baseId);
    if (!base) throw new Error(`The base model ${baseId} is not on this machine.`);
    const made = newSupervisor(base);
    supervisors.set(baseId, made);
    return made;
  }

  function engine(baseId: string, adapterId: string | null): Engine {
    const adapter: Adapter | null = adapterId === null ? null : { id: adapterId, path: ggufOf(adapterId) };
    return createLeasedEngine(supervisorOf(baseId).lease, adapter);
  }

  async function chat({ base, adapter }: ServingTarget, request: ChatRequest, signal: AbortSignal) {
    return await engine(base.id, adapter).chat(request, signal).catch(refuse);
  }

  async function complete({ base, adapter }: ServingTarget, request: ChatRequest, signal: AbortSignal) {
    return await engine(base.id, adapter).complete(request, signal).catch(refuse);
  }

  async function readPrompt(
    { base, adapter }: ServingTarget,
    { prompt, top }: { readonly prompt: RawPrompt; readonly top: number | null },
    signal: AbortSignal,
  ) {
    return await engine(base.id, adapter).readPrompt(prompt, top, signal).catch(refuse);
  }

  async function renderPrompt({ base, adapter }: ServingTarget, prompt: Prompt, signal: AbortSignal) {
    try {
      return await engine(base.id, adapter).renderPrompt(prompt, signal);
    } catch (error) {
      throw asRefusal(error);
    }
  }

  /** Measures an adapter in the engine that will serve it, which holds it from then on. */
  async function checkFidelity(baseId: string, adapterId: string, probe: FidelityProbe, signal: AbortSignal) {
    const report = await measureFidelity(engine(baseId, adapterId), probe, signal);
    const judgement = judgeFidelity(report, config.PERENNIAL_FIDELITY_TOLERANCE);
    return { ...judgement, figures: { ...report } };
  }

  async function describe() {
    const running = [...supervisors].flatMap(([base, { processes }]) =>
      processes().map(async ({ pid, adapterIds, memoryBytes }) => ({
        base,
        pid,
        adapters: adapterIds.length,
        memoryBytes: await memoryBytes(),
      })),
    );
    return await Promise.all(running);
  }

  async function dispose(): Promise<void> {
    await Promise.all([...supervisors.values()].map((one) => one[Symbol.asyncDispose]()));
  }

  return {
    chat,
    renderPrompt,
    complete,
    readPrompt,
    checkFidelity,
    removeAdapter: async (baseId: string, adapterId: string) => {
      await supervisors.get(baseId)?.forget(adapterId);
    },
    /** The running processes and their memory. */
    describe,
    engine,
    [Symbol.asyncDispose]: dispose,
  };
}
export type Serving = ReturnType<typeof createServing>;
