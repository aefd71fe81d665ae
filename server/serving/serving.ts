import { Refusal } from "../../contract/errors.ts";
import type { ServerSettings } from "../../contract/settings.ts";
import type { FidelityProbe } from "../../contract/training.ts";
import type { UpstreamModel } from "../models/upstreams.ts";
import type { Log } from "../platform/log.ts";
import { type Admission, createAdmission } from "./admission/admission.ts";
import { admitted } from "./admission/admitted-engine.ts";
import { createEngineMemory, type MemoryForEngines } from "./admission/engine-memory.ts";
import { createReadAhead } from "./admission/read-ahead.ts";
import {
  type BaseModel,
  type ChatRequest,
  type Engine,
  EngineError,
  EngineRefusal,
  type Prompt,
  type RawPrompt,
} from "./engine.ts";
import { measureFidelity } from "./fidelity/fidelity.ts";
import { judgeFidelity } from "./fidelity/judge-fidelity.ts";
import { findLlamaCpp, type MakeCommand } from "./llama-cpp/command.ts";
import { createLlamaCppPool, type PoolSettings } from "./llama-cpp/pool.ts";
import type { EnginePool, QueueFacts } from "./pool.ts";
import { systemTimers } from "./supervision/timers.ts";
import { createUpstreamPools } from "./upstream/pool.ts";
import { findVllm } from "./vllm/command.ts";
import { createVllmPool, type VllmSettings } from "./vllm/pool.ts";

export type ServingSettings = PoolSettings &
  VllmSettings &
  Pick<
    ServerSettings,
    | "PERENNIAL_ENGINE"
    | "PERENNIAL_LLAMA_SERVER"
    | "PERENNIAL_VLLM"
    | "PERENNIAL_FIDELITY_TOLERANCE"
    | "PERENNIAL_ENGINE_QUEUE"
    | "PERENNIAL_PROJECT_QUEUE"
    | "PERENNIAL_QUEUE_SECONDS"
    | "PERENNIAL_REQUEST_SECONDS"
    | "PERENNIAL_PINNED_MODELS"
  > & {
    readonly python: string;
  };

export type ServingNeeds = {
  readonly config: ServingSettings;
  readonly bases: ReadonlyMap<string, BaseModel>;
  /** Models that other servers answer for. */
  readonly upstreamModels?: ReadonlyMap<string, UpstreamModel>;
  /** The GGUF file of an adapter, by its id. */
  readonly ggufOf: (adapterId: string) => string;
  /** The folder of an adapter as PEFT wrote it, by its id. */
  readonly peftOf: (adapterId: string) => string;
  readonly logFolder: string;
  /** The machine's memory, and what trainings have yet to take of it; left out: engines start whatever there is. */
  readonly memory?: MemoryForEngines | undefined;
  readonly log: Log;
};

/** A model to answer with: a base and, for a tuned one, its adapter's id. */
export type ServingTarget = {
  /** Who asks. */
  readonly projectId: string;
  readonly model?: string;
  readonly base: { readonly id: string };
  readonly adapter: string | null;
};

/** The name under which the platform itself takes its turns among the projects. */
const PLATFORM = "";

/** Engines that cannot answer are the caller's 503, not a bug of ours. */
function asRefusal(error: unknown): unknown {
  if (error instanceof EngineRefusal) return new Refusal("invalid_request", error.message);
  if (!(error instanceof EngineError)) return error;
  return new Refusal("engine_unavailable", error.message, null, error.retryAfterSeconds);
}

/** The engines of all bases; each is started when it is first asked. */
export function createServing({ config, bases, upstreamModels, log, ...given }: ServingNeeds) {
  const { ggufOf, peftOf, logFolder } = given;
  const pools = new Map<string, { readonly pool: EnginePool; readonly admission: Admission }>();
  /** By the name of what has the places: a base's engine, or an upstream for all of its models. */
  const admissions = new Map<string, Admission>();
  const pinnedModels = new Set(config.PERENNIAL_PINNED_MODELS.split(",").map((name) => name.trim()));
  const pinned = new Set<string>();
  const readAhead = createReadAhead();
  const newUpstreamPool = createUpstreamPools();
  const memory = given.memory ? createEngineMemory({ ...given.memory, stopIdle }) : null;
  let command: Promise<MakeCommand> | null = null;

  async function stopIdle(exceptBase: string): Promise<void> {
    const others = [...pools].filter(([base]) => base !== exceptBase);
    await Promise.all(others.map(([, { pool }]) => pool.stopIdle?.()));
  }

  function findCommand(): Promise<MakeCommand> {
    const places = { python: config.python, llamaServer: config.PERENNIAL_LLAMA_SERVER };
    command ??= findLlamaCpp(places).catch((error) => {
      command = null; // Asked again next time: it may be installed by then.
      throw error;
    });
    return command;
  }

  function newPool(baseId: string): EnginePool {
    const upstream = upstreamModels?.get(baseId);
    if (upstream) return newUpstreamPool(upstream);
    const base = bases.get(baseId);
    if (!base) throw new Error(`The base model ${baseId} is not on this machine.`);
    const isPinned = (id: string) => pinned.has(id);
    const shared = { config, base, logFolder, memory, isPinned, log };
    if (config.PERENNIAL_ENGINE === "vllm")
      return createVllmPool({ ...shared, findPython: () => findVllm(config.PERENNIAL_VLLM), peftOf });
    const makeCommand: MakeCommand = async (options) => (await findCommand())(options);
    return createLlamaCppPool({ ...shared, makeCommand, ggufOf });
  }

  function admissionOf(baseId: string, pool: EnginePool): Admission {
    const upstream = upstreamModels?.get(baseId)?.server;
    const name = upstream ? `upstream:${upstream.name}` : baseId;
    const admission = admissions.get(name) ?? newAdmission(pool);
    admissions.set(name, admission);
    return admission;
  }

  function newAdmission({ places, oneModel }: EnginePool): Admission {
    return createAdmission({
      places,
      oneModel,
      mostWaiting: config.PERENNIAL_ENGINE_QUEUE,
      mostOfProject: config.PERENNIAL_PROJECT_QUEUE,
      waitSeconds: config.PERENNIAL_QUEUE_SECONDS,
      requestSeconds: config.PERENNIAL_REQUEST_SECONDS,
      timers: systemTimers,
    });
  }

  function poolOf(baseId: string) {
    const known = pools.get(baseId);
    if (known) return known;
    const pool = newPool(baseId);
    const opened = { pool, admission: admissionOf(baseId, pool) };
    pools.set(baseId, opened);
    return opened;
  }

  const engine = (baseId: string, adapterId: string | null): Engine =>
    poolOf(baseId).pool.engine(adapterId, PLATFORM);

  function admittedFor({ projectId, model, base, adapter: adapterId }: ServingTarget) {
    if (model && adapterId && pinnedModels.has(model)) pinned.add(adapterId);
    const { pool, admission } = poolOf(base.id);
    return admitted(pool, admission, { projectId, adapterId, readAhead });
  }

  async function ask<Answer>(target: ServingTarget, question: (engine: Engine) => Promise<Answer>) {
    try {
      return await question(admittedFor(target).engine);
    } catch (error) {
      throw asRefusal(error);
    }
  }

  /**
   * Measures an adapter in the engine that will serve it, which holds it from then on. One place for all of its many short
   * questions: each by itself would wait behind long answers.
   */
  async function checkFidelity(baseId: string, adapterId: string, probe: FidelityProbe, signal: AbortSignal) {
    const target = { projectId: PLATFORM, base: { id: baseId }, adapter: adapterId };
    const report = await admittedFor(target).whole(signal, (one, over) => measureFidelity(one, probe, over));
    return judgeFidelity(report, config.PERENNIAL_FIDELITY_TOLERANCE);
  }

  async function dispose(): Promise<void> {
    await Promise.all([...pools.values()].map(({ pool }) => pool[Symbol.asyncDispose]()));
    for (const admission of admissions.values()) admission[Symbol.dispose]();
  }

  return {
    chat: (target: ServingTarget, request: ChatRequest, signal: AbortSignal) =>
      ask(target, (one) => one.chat(request, signal)),
    complete: (target: ServingTarget, request: ChatRequest, signal: AbortSignal) =>
      ask(target, (one) => one.complete(request, signal)),
    renderPrompt: (target: ServingTarget, prompt: Prompt, signal: AbortSignal) =>
      ask(target, (one) => one.renderPrompt(prompt, signal)),
    readPrompt: (
      target: ServingTarget,
      { prompt, top }: { readonly prompt: RawPrompt; readonly top: number | null },
      signal: AbortSignal,
    ) => ask(target, (one) => one.readPrompt(prompt, top, signal)),
    checkFidelity,
    removeAdapter: async (baseId: string, adapterId: string) => {
      pinned.delete(adapterId);
      await pools.get(baseId)?.pool.forget(adapterId);
    },
    /** The running processes and their memory. */
    describe: async () => (await Promise.all([...pools.values()].map(({ pool }) => pool.processes()))).flat(),
    /** How many requests each engine works on, and how many wait for it. */
    queues: (): QueueFacts[] =>
      [...admissions].map(([base, admission]) => ({
        base,
        working: admission.working(),
        waiting: admission.waiting(),
      })),
    engine,
    [Symbol.asyncDispose]: dispose,
  };
}
export type Serving = ReturnType<typeof createServing>;
