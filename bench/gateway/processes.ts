import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

/** A process that the benchmark started, with everything that it started itself. */
export type Started = AsyncDisposable & { readonly url: string; readonly group: number };

export type Start = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Where it listens, once it answers. */
  readonly ready: (output: string) => Promise<string | null>;
  readonly signal: AbortSignal;
};

const READY_MS = 120_000;
const STOP_MS = 10_000;
const KEPT_OUTPUT = 4000;

const groups = new Set<number>();

function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // It has ended.
  }
}
const endAll = (): void => {
  for (const group of groups) signalGroup(group, "SIGKILL");
};

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;

async function stop(child: ChildProcess, group: number): Promise<void> {
  signalGroup(group, "SIGTERM");
  const timer = setTimeout(() => signalGroup(group, "SIGKILL"), STOP_MS);
  if (!hasEnded(child)) await once(child, "exit");
  clearTimeout(timer);
  signalGroup(group, "SIGKILL");
  groups.delete(group);
}

function open({ name, command, args, env, cwd }: Start) {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  child.once("error", () => {});
  const group = child.pid;
  if (group === undefined) throw new Error(`${name} could not be started: ${command}`);
  groups.add(group);
  // However this process ends: a group of its own does not hear the terminal's Ctrl-C.
  if (!process.listeners("exit").includes(endAll)) process.on("exit", endAll);
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (part) => (output = `${output}${part}`.slice(-KEPT_OUTPUT)));
  return { child, group, output: () => output };
}

async function waitUntilReady(start: Start, child: ChildProcess, output: () => string): Promise<string> {
  const until = performance.now() + READY_MS;
  while (performance.now() < until && !hasEnded(child)) {
    start.signal.throwIfAborted();
    const url = await start.ready(output());
    if (url) return url;
    await sleep(100);
  }
  throw new Error(`${start.name} did not become ready:\n${output()}`);
}

/** Starts it in a process group of its own and waits until it answers; disposing it ends the whole group. */
export async function startProcess(start: Start): Promise<Started> {
  const { child, group, output } = open(start);
  const dispose = () => stop(child, group);
  try {
    const url = await waitUntilReady(start, child, output);
    return { url, group, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
