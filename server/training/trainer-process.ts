import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, writeFileSync } from "node:fs";
import { setPriority } from "node:os";
import { join } from "node:path";
import { childEnvironment } from "../platform/child-environment.ts";
import { findLastStarted } from "./journal.ts";
import { openTrainerLog } from "./trainer-log.ts";

/** A trainer at work on a job's folder, whoever started it. */
export type TrainerProcess = {
  /** Resolves, with what is known of why, when the process is gone and its lock is free. */
  readonly ended: Promise<string>;
  /** null: it has not said yet, or is gone. */
  pid(): number | null;
  /** Asks it to stop, and after a while makes it. */
  stop(): Promise<void>;
  /** Ends it, and what it started, at once; it may be started again. */
  kill(): Promise<void>;
};

export type Trainer = {
  start(folder: string): TrainerProcess;
  /** The trainer that still holds the folder's lock, or null. */
  findRunning(folder: string): Promise<TrainerProcess | null>;
};

type Needs = {
  python: string;
  trainerFolder: string;
  /** How long a trainer may take to stop by itself. */
  graceMs?: number;
  spawnProcess?: typeof spawn;
};

/** `python -m trainer.lock` says so by its exit code. */
const LOCK_IS_HELD = 1;

const environmentFor = (trainerFolder: string): NodeJS.ProcessEnv => ({
  ...childEnvironment(process.env),
  // The one secret that a trainer needs: it writes to the operator's own account.
  ...(process.env.WANDB_API_KEY ? { WANDB_API_KEY: process.env.WANDB_API_KEY } : {}),
  PYTHONPATH: trainerFolder,
  PYTHONUNBUFFERED: "1",
  HF_HUB_OFFLINE: "1",
});

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself in the meantime.
  }
}

/** Trainers lead a group of their own: what one has forked would hold its lock on. */
function killGroup(pid: number): void {
  send(-pid, "SIGKILL");
  send(pid, "SIGKILL");
}

/** What a training leaves to an engine on the same processors: docs/decisions/2026-11-26-sharing-the-processor.md. */
const NICENESS = 10;

/**
 * Answers come before training. Linux shares the processor between sessions first, and a trainer leads one of its own: a
 * process's niceness counts for nothing against an engine in another session, unless the session has it, too.
 */
function yieldToAnswers(pid: number): void {
  try {
    setPriority(pid, NICENESS);
    writeFileSync(`/proc/${pid}/autogroup`, String(NICENESS));
  } catch {
    // It ended already, or the system has no such thing or does not let us.
  }
}

const exitOf = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`));
    child.once("error", (error) => resolve(`it could not be started: ${error.message}`));
  });

export function createTrainer({
  python,
  trainerFolder,
  graceMs = 3000,
  spawnProcess = spawn,
}: Needs): Trainer {
  const env = environmentFor(trainerFolder);
  const lockCall = (folder: string, ...more: string[]) =>
    spawnProcess(python, ["-m", "trainer.lock", folder, ...more], {
      cwd: trainerFolder,
      env,
      stdio: "ignore",
    });

  function asProcess(folder: string, ended: Promise<string>, findPid: () => number | null): TrainerProcess {
    async function stop() {
      writeFileSync(join(folder, "stop"), "");
      const pid = findPid();
      if (pid !== null) send(pid, "SIGTERM");
      const timer = setTimeout(() => {
        const latest = findPid();
        if (latest !== null) killGroup(latest);
      }, graceMs);
      await ended;
      clearTimeout(timer);
    }
    async function kill() {
      const pid = findPid();
      if (pid !== null) killGroup(pid);
      await ended;
    }
    return { ended, stop, kill, pid: findPid };
  }

  return {
    start(folder) {
      const output = openTrainerLog(folder);
      // Detached: it outlives this server, whose successor finds it by its lock.
      const child = spawnProcess(python, ["-m", "trainer", folder], {
        cwd: trainerFolder,
        env,
        detached: true,
        stdio: ["ignore", output, output],
      });
      closeSync(output);
      child.unref();
      if (child.pid !== undefined) yieldToAnswers(child.pid);
      const ended = exitOf(child);
      return asProcess(folder, ended, () =>
        child.exitCode === null && child.signalCode === null ? (child.pid ?? null) : null,
      );
    },

    async findRunning(folder) {
      if ((await exitCode(lockCall(folder))) !== LOCK_IS_HELD) return null;
      const pid = (await findLastStarted(join(folder, "journal.jsonl")))?.pid ?? null;
      const watcher = lockCall(folder, "--wait");
      watcher.unref();
      let isOver = false;
      const ended = exitOf(watcher).then(() => {
        isOver = true;
        return "a server before this one had started it";
      });
      return asProcess(folder, ended, () => (isOver ? null : pid));
    },
  };
}

/** null: the program could not even be started. */
async function exitCode(child: ChildProcess): Promise<number | null> {
  try {
    const [code] = await once(child, "exit");
    return code;
  } catch {
    return null;
  }
}
