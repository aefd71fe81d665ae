import { constants } from "node:os";

/** Sent to a process by somebody; every other signal is the answer to what the process itself did. */
const SENT = new Set(["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"]);

/** Added by a shell to the number of the signal that ended its program. */
const SHELL_SIGNAL_BASE = 128;

function signalOf(code: number | null): string | null {
  const number = (code ?? 0) - SHELL_SIGNAL_BASE;
  return Object.entries(constants.signals).find(([, one]) => one === number)?.[0] ?? null;
}

export type ExitCause = {
  readonly reason: string;
  /** It died of what it was doing; the same work may kill the next one. */
  readonly isOwnCrash: boolean;
};

/** Why a process is gone, from what Node says of its end or of the end of the shell that ran it. */
export function exitCause(code: number | null, signal: string | null): ExitCause {
  const endedBy = signal ?? signalOf(code);
  if (endedBy) return { reason: `was ended by ${endedBy}`, isOwnCrash: !SENT.has(endedBy) };
  return { reason: `exited with code ${code}`, isOwnCrash: code !== 0 };
}
