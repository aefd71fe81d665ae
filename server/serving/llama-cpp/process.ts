import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { childEnvironment } from "../../platform/child-environment.ts";
import { randomText } from "../../platform/ids.ts";
import {
  type Adapter,
  type BaseModel,
  type EngineExit,
  EngineStartError,
  type RunningEngine,
  type StartEngine,
} from "../engine.ts";
import { type Connection, createHearing, exchange, type Hearing } from "../engine-http.ts";
import { openEngineLog } from "../supervision/engine-log.ts";
import { type ExitCause, exitCause } from "../supervision/exit-cause.ts";
import { residentBytes } from "../supervision/process-memory.ts";
import type { Command, MakeCommand } from "./command.ts";
import { assertLoaded, countBusySlots, createLlamaCppEngine, type LlamaCppServer } from "./llama-cpp.ts";
import { rememberedFacts } from "./model-facts.ts";

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

type Launched = {
  readonly child: ChildProcess;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly exited: Promise<EngineExit>;
};

const Greeting = z.object({ pid: z.int(), origin: z.string().optional() });

const ATTEMPTS = 3;
const READY_POLL_MS = 50;
const STOP_GRACE_MS = 2_000;

async function exitOf(child: ChildProcess): Promise<ExitCause> {
  try {
    const [code, signal] = await once(child, "exit");
    return exitCause(code, signal);
  } catch (cause) {
    const reason = `could not be started: ${cause instanceof Error ? cause.message : cause}`;
    return { reason, isOwnCrash: false };
  }
}

async function launch(command: Command, logFile: string): Promise<Launched> {
  const log = await openEngineLog(logFile);
  await using handle = log.handle;
  const child = spawn(command.file, command.args, {
    env: childEnvironment(process.env),
    stdio: ["pipe", "pipe", handle.fd],
    // Out of the terminal's reach: Ctrl-C is for the control plane, which lets answers finish first.
    detached: true,
  });
  const { stdin, stdout } = child;
  if (!stdin || !stdout) throw new Error("The engine was started without pipes.");
  child.on("error", () => {}); // Heard by exitOf; later ones have nobody else to hear them.
  // It may die before it has read its settings; its exit tells that story.
  stdin.on("error", () => {});
  stdin.write(command.input);
  const exited = exitOf(child).then(async (cause) => ({ ...cause, lastLogLines: await log.lastLines() }));
  return { child, stdin, stdout, exited };
}

async function greeting(stdout: Readable): Promise<z.infer<typeof Greeting>> {
  for await (const line of createInterface(stdout)) return Greeting.parse(JSON.parse(line));
  return await new Promise(() => {}); // Nothing said: the exit, raced against this, says why.
}

async function isHealthy(connection: Connection, signal: AbortSignal): Promise<boolean> {
  const answered = await exchange(connection, "/health", null, signal).catch(() => null);
  return answered !== null;
}

async function whenHealthy(connection: Connection, signal: AbortSignal): Promise<void> {
  while (!(await isHealthy(connection, signal))) await delay(READY_POLL_MS, undefined, { signal });
}

async function stop({ child, stdin, exited }: Launched): Promise<void> {
  stdin.end();
  const kill = setTimeout(() => child.kill("SIGKILL"), STOP_GRACE_MS);
  await exited;
  clearTimeout(kill);
}

type Ready = { readonly pid: number; readonly connection: Connection & { readonly hearing: Hearing } };

async function becomesReady(
  launched: Launched,
  origin: string | null,
  apiKey: string,
  adapters: readonly Adapter[],
  signal: AbortSignal,
): Promise<Ready> {
  const greeted = await greeting(launched.stdout);
  const connection = { origin: greeted.origin ?? origin ?? "", apiKey, hearing: createHearing() };
  await whenHealthy(connection, signal);
  await assertLoaded(connection, adapters, signal);
  return { pid: greeted.pid, connection };
}

const running = (launched: Launched, { pid, connection }: Ready, server: LlamaCppServer): RunningEngine => ({
  pid,
  engineFor: (adapter) => createLlamaCppEngine(server, adapter),
  exited: launched.exited,
  memoryBytes: () => residentBytes(pid),
  heardBytes: connection.hearing.bytes,
  countBusy: (signal) => countBusySlots(connection, signal),
  stop: () => stop(launched),
});

const throwExit = async (exited: Promise<EngineExit>): Promise<never> => {
  const { reason, lastLogLines } = await exited;
  throw new EngineStartError(`The engine ${reason} before it was ready.`, lastLogLines);
};

async function startFailure(launched: Launched, cause: unknown, timeout: AbortSignal) {
  await stop(launched);
  if (cause instanceof EngineStartError) return cause;
  const { lastLogLines } = await launched.exited;
  const message = timeout.aborted ? "The engine did not become ready in time." : "The engine did not start.";
  return new EngineStartError(message, lastLogLines, cause);
}

async function startOnce(needs: LlamaCppNeeds, adapters: readonly Adapter[], signal: AbortSignal) {
  const apiKey = randomText(32);
  const command = await needs.makeCommand({ ...needs, adapters, apiKey });
  const launched = await launch(command, needs.logFile);
  const timeout = AbortSignal.timeout(needs.startTimeoutMs);
  const over = AbortSignal.any([signal, timeout]);
  const gaveUp = once(over, "abort").then(() => over.throwIfAborted());
  try {
    const ready = becomesReady(launched, command.origin, apiKey, adapters, over);
    await Promise.race([ready, throwExit(launched.exited), gaveUp]);
    const { pid, connection } = await ready;
    const server = { connection, loaded: adapters, facts: rememberedFacts(connection) };
    return running(launched, { pid, connection }, server);
  } catch (cause) {
    throw await startFailure(launched, cause, timeout);
  }
}

const lostItsPort = (error: unknown) =>
  error instanceof EngineStartError && error.lastLogLines.some((line) => line.includes("bind"));

/** Starts llama.cpp with a set of adapters; resolves once it answers and is known to hold them. */
export const startLlamaCpp =
  (needs: LlamaCppNeeds): StartEngine =>
  async (adapters, signal) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await startOnce(needs, adapters, signal);
      } catch (error) {
        if (attempt === ATTEMPTS || !lostItsPort(error)) throw error;
      }
    }
  };
