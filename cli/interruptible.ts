import { ChildFailure } from "../training-data/child-lines.ts";
import type { Cli } from "./cli.ts";
import { CliError } from "./cli-error.ts";

/** Work that Ctrl-C ends, with what it began; the trainer's failures become sentences. */
export async function interruptible<T>(cli: Cli, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  using interrupt = cli.onInterrupt();
  try {
    return await work(interrupt.signal);
  } catch (cause) {
    if (interrupt.signal.aborted) throw new CliError("Interrupted.", 130, { cause });
    if (!(cause instanceof ChildFailure)) throw cause;
    throw new CliError(`The trainer could not read the tokens: ${cause.message}`, 1, { cause });
  }
}
