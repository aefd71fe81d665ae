import { stat } from "node:fs/promises";
import { createInspector, type Inspection } from "../bundle/inspect.ts";
import { BundleProblem } from "../bundle/problem.ts";
import { openBundle } from "../bundle/read-bundle.ts";
import type { Cli } from "./cli.ts";
import { CliError } from "./cli-error.ts";
import { byteSize } from "./output/words.ts";

const reasonOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause));

const isSystemError = (error: unknown) => error instanceof Error && "code" in error && "syscall" in error;

/** What cannot be read at all, in a sentence; a bug stays one. */
export function asCliError(path: string, cause: unknown): unknown {
  if (cause instanceof BundleProblem) return new CliError(`${path}: ${cause.message}`, 1, { cause });
  if (isSystemError(cause)) return new CliError(`${path} cannot be read: ${reasonOf(cause)}.`, 1, { cause });
  return cause;
}

/** Reads every byte of an exported model on this machine, and says what is wrong with it. */
export async function inspectLocal(cli: Cli, path: string, signal: AbortSignal): Promise<Inspection> {
  if (!(await stat(path).catch(() => null))) throw new CliError(`There is no file or folder ${path}.`);
  const inspector = createInspector();
  using meter = cli.show.meter();
  try {
    const { bytes, entries } = await openBundle(path, signal);
    let done = 0;
    for await (const entry of entries) {
      for await (const chunk of inspector.pass(entry)) {
        done += chunk.byteLength;
        meter.update(Math.min(done, bytes), bytes, `checking ${path} (${byteSize(bytes)})`);
      }
    }
    return inspector.report();
  } catch (cause) {
    throw asCliError(path, cause);
  }
}
