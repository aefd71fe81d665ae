import { Refusal } from "../../contract/errors.ts";
import type { ServerSettings } from "../../contract/settings.ts";
import type { FidelityProbe } from "../../contract/training.ts";
import type { UpstreamModel } from "../models/upstreams.ts";
import type { Log } from "../platform/log.ts";
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
import type { EnginePool } from "./pool.ts";
import { createUpstreamPools } from "./upstream/pool.ts";

export type ServingSettings = PoolSettings &
  Pick<ServerSettings, "PERENNIAL_LLAMA_SERVER" | "PERENNIAL_FIDELITY_TOLERANCE"> & {
    readonly python: string;
  };

export type ServingNeeds = {
  readonly config: ServingSettings;
  readonly bases: ReadonlyMap<string, BaseModel>;
  /** Models that other servers answer for. */
  readonly upstreamModels?: ReadonlyMap<string, UpstreamModel>;
  /** The GGUF file of an adapter, by its id. */
  readonly ggufOf: (adapterId: string) => string;
  readonly logFolder: string;
  readonly log: Log;
};

/** A model to answer with: a base and, for a tuned one, its adapter's id. */
export type ServingTarget = { readonly base: { readonly id: string }; readonly adapter: string | null };

/** Engines that cannot answer are the caller's 503, not a bug of ours. */
function asRefusal(error: unknown): unknown {
  if (error instanceof EngineRefusal) return new Refusal("invalid_request", error.message);
  if (!(error instanceof EngineError)) return error;
  return new Refusal("engine_unavailable", error.message, null, error.retryAfterSeconds);
}

/** The engines of all bases; each is started when it is first asked. */
export function createServing({ config, bases, upstreamModels, ggufOf, logFolder, log }: ServingNeeds) {
  const pools = new Map<string, EnginePool>();
  const newUpstreamPool = createUpstreamPools();
  let command: Promise<MakeCommand> | null = null;

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
    const makeCommand: MakeCommand = async (options) => (await findCommand())(options);
    return createLlamaCppPool({ config, base, makeCommand, ggufOf, logFolder, log });
  }

  function poolOf(baseId: string): EnginePool {
    const pool = pools.get(baseId) ?? newPool(baseId);
    pools.set(baseId, pool);
    return pool;
  }

  const engine = (baseId: string, adapterId: string | null): Engine => poolOf(baseId).engine(adapterId);

  async function ask<Answer>(
    { base, adapter }: ServingTarget,
    question: (engine: Engine) => Promise<Answer>,
  ) {
    try {
      return await question(engine(base.id, adapter));
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

  async function dispose(): Promise<void> {
    await Promise.all([...pools.values()].map((pool) => pool[Symbol.asyncDispose]()));
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
      await pools.get(baseId)?.forget(adapterId);
    },
    /** The running processes and their memory. */
    describe: async () => (await Promise.all([...pools.values()].map((pool) => pool.processes()))).flat(),
    engine,
    [Symbol.asyncDispose]: dispose,
  };
}
export type Serving = ReturnType<typeof createServing>;
