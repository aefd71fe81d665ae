import { spawn } from "node:child_process";
import { SetupProblem } from "./problem.ts";

/** What a tool is run with: the environment is given whole, and an abort kills the tool. */
export interface ToolContext {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

export class ToolFailure extends Error {
  override readonly name = "ToolFailure";
  readonly output: string;

  constructor(command: string, output: string) {
    super(`${command} failed`);
    this.output = output;
  }
}

/** Resolves to all that the tool printed, rejects with a ToolFailure when it does not exit with 0. */
export function runTool(command: string, args: readonly string[], context: ToolContext): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...context, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (chunk: string) => {
        output += chunk;
      });
    }
    child.on("error", (error) => {
      reject(context.signal.aborted ? error : new ToolFailure(command, error.message));
    });
    child.on("close", (code) => (code === 0 ? resolve(output) : reject(new ToolFailure(command, output))));
  });
}

const noNetwork =
  /NewConnectionError|NameResolutionError|name resolution|dns error|Network is unreachable|Connection refused|ConnectTimeout|timed out|client error \(Connect\)|tunnel|ProxyError/i;

export const isNetworkFailure = (output: string): boolean => noNetwork.test(output);

/** The end of what the tool said, without blank lines and pip's notes about folders that it passed over. */
export function lastLines(output: string, count = 8): readonly string[] {
  const lines = output
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.includes("is ignored: it is"));
  return lines.slice(-count);
}

export function toolProblem(what: string, { output }: ToolFailure): SetupProblem {
  const cause = isNetworkFailure(output)
    ? "the package index cannot be reached; check the network (or pip's index and proxy settings) and run this again."
    : "the tool's last lines are above.";
  return new SetupProblem(`${what}: ${cause}`, lastLines(output));
}

/** Runs a tool without which set-up cannot go on; `what` begins the sentence that says so. */
export async function runOrExplain(
  what: string,
  command: string,
  args: readonly string[],
  context: ToolContext,
): Promise<string> {
  try {
    return await runTool(command, args, context);
  } catch (error) {
    if (!(error instanceof ToolFailure) || context.signal.aborted) throw error;
    throw toolProblem(what, error);
  }
}
