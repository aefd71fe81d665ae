import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

export type Command = {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
};

export type Limits = {
  readonly timeoutMs: number;
  /** Of all that it prints. */
  readonly mostBytes: number;
  readonly signal?: AbortSignal | undefined;
};

/** The program did not do what it was started for; `reason` is for a log, or for whoever started it. */
export class ChildFailure extends Error {
  readonly kind: "timeout" | "output" | "exit";

  constructor(kind: ChildFailure["kind"], reason: string) {
    super(reason);
    this.name = "ChildFailure";
    this.kind = kind;
  }
}

const KEPT_ERROR_BYTES = 4096;

const ended = (child: ChildProcess): Promise<string | null> =>
  new Promise((resolve) => {
    child.once("error", (error) => resolve(`it could not be started: ${error.message}`));
    child.once("close", (code, signal) =>
      resolve(code === 0 ? null : signal ? `signal ${signal}` : `exit code ${code}`),
    );
  });

/** Ends the child as soon as a limit is reached, and remembers which. */
function watch(child: ChildProcess, { timeoutMs, mostBytes, signal }: Limits) {
  let failure: Error | null = null;
  let bytes = 0;
  const end = (error: Error) => {
    failure ??= error;
    child.kill("SIGKILL");
  };
  const timer = setTimeout(
    () => end(new ChildFailure("timeout", `it took longer than ${timeoutMs / 1000} seconds`)),
    timeoutMs,
  );
  const onAbort = () => end(signal?.reason instanceof Error ? signal.reason : new Error("aborted"));
  signal?.addEventListener("abort", onAbort, { once: true });
  child.stdout?.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > mostBytes) end(new ChildFailure("output", `it printed more than ${mostBytes} bytes`));
  });
  return {
    failure: () => failure,
    [Symbol.dispose]() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    },
  };
}

/** Runs a program and hands over each line that it prints. Whatever happens, it has ended when this has. */
export async function readChildLines(
  { program, args, cwd, env }: Command,
  limits: Limits,
  onLine: (line: string) => void,
): Promise<void> {
  limits.signal?.throwIfAborted();
  const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const end = ended(child);
  using watched = watch(child, limits);
  let complaints = "";
  child.stderr.on("data", (chunk) => {
    complaints = `${complaints}${chunk}`.slice(-KEPT_ERROR_BYTES);
  });
  let problem: ChildFailure | null = null;
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (problem !== null || watched.failure()) return;
    try {
      onLine(line);
    } catch (error) {
      problem = new ChildFailure("output", `it printed what is no answer: ${error}`);
      child.kill("SIGKILL");
    }
  });
  const reason = await end;
  const failure = watched.failure() ?? problem;
  if (failure !== null) throw failure;
  if (reason !== null) throw new ChildFailure("exit", `${reason}${complaints && `: ${complaints.trim()}`}`);
}
