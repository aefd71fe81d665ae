import type { JobError } from "../../contract/fine-tuning.ts";

/** How often a job goes on after its trainer died without a word, or a step of ours failed. */
export const MAX_CRASHES = 3;

/** What is known of a trainer's death: how it ended, and the last lines that it printed. */
export type Crash = { readonly reason: string; readonly lastWords: readonly string[] };

type Cause = { readonly shows: RegExp; readonly code: string; readonly message: string };

/** What an operator can mend, by how it shows. */
const causes: readonly Cause[] = [
  {
    shows: /ENOSPC|No space left on device|disk is full|database or disk is full/i,
    code: "disk_full",
    message: "The server's disk is full. Free some space, then create the job anew",
  },
  {
    shows: /could not be started: .*(ENOENT|EACCES)/,
    code: "trainer_unavailable",
    message:
      "The trainer could not be started. Run `npm run setup`, or set PERENNIAL_TRAINER_PYTHON to a Python that has the trainer's packages, then create the job anew",
  },
  {
    shows: /No module named/,
    code: "trainer_unavailable",
    message:
      "The trainer's Python lacks a package. Run `npm run setup`, or set PERENNIAL_TRAINER_PYTHON to a Python that has them, then create the job anew",
  },
  {
    shows: /signal SIGKILL/,
    code: "out_of_memory",
    message:
      "The system ended the trainer, most likely for lack of memory. Shorter rows, a smaller base or fewer trainings at the same time (PERENNIAL_TRAININGS) need less",
  },
];

const unknown: Omit<Cause, "shows"> = {
  code: "server_error",
  message: `The job failed due to an internal error: its trainer stopped unexpectedly more than ${MAX_CRASHES} times. The server's log says more`,
};

/** Why a job whose trainer keeps dying has failed. */
export function crashError({ reason, lastWords }: Crash): JobError {
  const shown = [reason, ...lastWords].join("\n");
  const { code, message } = causes.find(({ shows }) => shows.test(shown)) ?? unknown;
  return { code, message: `${message} (the last time: ${reason}).`, param: null };
}

/** Why a job has failed where what its trainer said could not be taken in. */
export function faultError(cause: unknown): JobError {
  const reason = (cause instanceof Error ? cause.message : String(cause)).replace(/\.$/, "");
  const known = causes.find(({ shows }) => shows.test(reason));
  if (known) return { code: known.code, message: `${known.message}.`, param: null };
  const message = `The job failed due to an internal error: ${reason}. The server's log says more.`;
  return { code: "server_error", message, param: null };
}
