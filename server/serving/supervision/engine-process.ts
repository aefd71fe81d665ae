import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { childEnvironment } from "../../platform/child-environment.ts";
import { type EngineExit, EngineStartError } from "../engine.ts";
import { type Connection, createHearing, type Hearing, send } from "../engine-http.ts";
import { openEngineLog, type PickLines } from "./engine-log.ts";
import { type ExitCause, exitCause } from "./exit-cause.ts";

/** A program to start. It prints one line of JSON; stdin, kept open, is what keeps it alive. */
export type Command = {
  readonly file: string;
  readonly args: readonly string[];
  /** Written to stdin first; secrets belong here, since other users of the machine can read arguments. */
  readonly input: string;
  /** Where it will listen; null: it says so itself in its line of JSON. */
  readonly origin: string | null;
};

export type ProcessNeeds = {
  readonly command: Command;
  readonly apiKey: string;
  /** Where the process writes what it complains about. */
  readonly logFile: string;
  readonly startTimeoutMs: number;
  /** What of that to tell when it ends; the last lines where nothing else is said. */
  readonly pickLines?: PickLines;
  /** How long it may take to end by itself. */
  readonly stopGraceMs: number;
  /** Asked once it answers; throws where it is not what was started. */
  assertReady(connection: Connection, signal: AbortSignal): Promise<void>;
};

/** A process that answers. */
export type EngineProcess = {
  readonly pid: number;
  readonly connection: Connection & { readonly hearing: Hearing };
  readonly exited: Promise<EngineExit>;
  stop(): Promise<void>;
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

async function exitOf(child: ChildProcess): Promise<ExitCause> {
  try {
    const [code, signal] = await once(child, "exit");
    return exitCause(code, signal);
  } catch (cause) {
    const reason = `could not be started: ${cause instanceof Error ? cause.message : cause}`;
    return { reason, isOwnCrash: false };
  }
}

async function launch({ command, logFile, pickLines }: ProcessNeeds): Promise<Launched> {
  const log = await openEngineLog(logFile, pickLines);
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
  const answered = await send(connection, "/health", null, signal).catch(() => null);
  answered?.resume();
  return answered?.statusCode === 200;
}

async function whenHealthy(connection: Connection, signal: AbortSignal): Promise<void> {
  while (!(await isHealthy(connection, signal))) await delay(READY_POLL_MS, undefined, { signal });
}

async function stop({ child, stdin, exited }: Launched, graceMs: number): Promise<void> {
  stdin.end();
  const kill = setTimeout(() => child.kill("SIGKILL"), graceMs);
  await exited;
  clearTimeout(kill);
}

type Ready = Pick<EngineProcess, "pid" | "connection">;

async function becomesReady(launched: Launched, needs: ProcessNeeds, signal: AbortSignal): Promise<Ready> {
  const { command, apiKey } = needs;
  const greeted = await greeting(launched.stdout);
  const origin = greeted.origin ?? command.origin ?? "";
  const connection = { origin, apiKey, hearing: createHearing() };
  await whenHealthy(connection, signal);
  await needs.assertReady(connection, signal);
  return { pid: greeted.pid, connection };
}

const throwExit = async (exited: Promise<EngineExit>): Promise<never> => {
  const { reason, lastLogLines } = await exited;
  throw new EngineStartError(`The engine ${reason} before it was ready.`, lastLogLines);
};

async function startFailure(launched: Launched, cause: unknown, timeout: AbortSignal) {
  if (cause instanceof EngineStartError) return cause;
  const { lastLogLines } = await launched.exited;
  const message = timeout.aborted ? "The engine did not become ready in time." : "The engine did not start.";
  return new EngineStartError(message, lastLogLines, cause);
}

/** Resolves once the process answers and is what was asked for; else rejects, and leaves no process. */
export async function startEngineProcess(needs: ProcessNeeds, signal: AbortSignal): Promise<EngineProcess> {
  const launched = await launch(needs);
  const timeout = AbortSignal.timeout(needs.startTimeoutMs);
  const over = AbortSignal.any([signal, timeout]);
  const gaveUp = once(over, "abort").then(() => over.throwIfAborted());
  const end = () => stop(launched, needs.stopGraceMs);
  try {
    const ready = becomesReady(launched, needs, over);
    await Promise.race([ready, throwExit(launched.exited), gaveUp]);
    return { ...(await ready), exited: launched.exited, stop: end };
  } catch (cause) {
    await end();
    throw await startFailure(launched, cause, timeout);
  }
}

const lostItsPort = (error: unknown) =>
  error instanceof EngineStartError &&
  error.lastLogLines.some((line) => /\bbind\b|address already in use/i.test(line));

/** Programs are told a port that was free just before: where somebody else took it meanwhile, they try another. */
export async function withFreePort<Started>(start: () => Promise<Started>): Promise<Started> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start();
    } catch (error) {
      if (attempt === ATTEMPTS || !lostItsPort(error)) throw error;
    }
  }
}
