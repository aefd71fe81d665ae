import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { readBases } from "../../server/models/bases.ts";

export const checkout = resolve(import.meta.dirname, "../..");
const bases = process.env.PERENNIAL_BASES ?? join(checkout, "data", "bases");
export const python = process.env.PERENNIAL_TRAINER_PYTHON ?? join(checkout, ".venv", "bin", "python");

export const BASE = "smollm2-135m-instruct";
export const PROJECT_KEY = "sk-test-project-0123456789";
export const ADMIN_KEY = "sk-test-admin-0123456789";

/** Why the real model cannot be used here; false: it can. Given to a test's `skip`, so that it is said aloud. */
export const lacksModel: string | false =
  readBases(bases).has(BASE) && existsSync(python) ? false : "run `npm run setup` first: no base model";

export type Server = AsyncDisposable & {
  readonly url: string;
  readonly folder: string;
  readonly pid: number;
  /** Everything that the server wrote to its log and its terminal. */
  output(): string;
  /** kill -9, as a crash does it. */
  kill(): Promise<void>;
  stop(): Promise<void>;
};

export const newFolder = () => mkdtempSync(join(tmpdir(), "perennial-product-"));

const ended = async (child: ChildProcess) => {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
};

async function readyUrl(child: ChildProcess, output: () => string): Promise<string> {
  for (let tries = 0; tries < 600; tries += 1) {
    const url = /listens on (http:\S+)\/v1/.exec(output())?.[1];
    if (url) return url;
    if (child.exitCode !== null) break;
    await new Promise((wait) => setTimeout(wait, 50));
  }
  throw new Error(`The server did not start:\n${output()}`);
}

/** A server that stops leaves its trainers at work, and a failed test must not. */
function stopTrainers(folder: string): void {
  const jobs = join(folder, "jobs");
  const names = existsSync(jobs) ? readdirSync(jobs) : [];
  for (const name of names)
    if (existsSync(join(jobs, name, "lock"))) writeFileSync(join(jobs, name, "stop"), "");
}

/** The real server as its own process, on a free port. Without a folder given, its data goes with it. */
export async function startServer(
  options: { folder?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Server> {
  const folder = options.folder ?? newFolder();
  const env = {
    ...process.env,
    PERENNIAL_DATA: folder,
    PERENNIAL_BASES: bases,
    PERENNIAL_TRAINER_PYTHON: python,
    PERENNIAL_PORT: "0",
    PERENNIAL_API_KEY: PROJECT_KEY,
    PERENNIAL_ADMIN_KEY: ADMIN_KEY,
    ...options.env,
  };
  const child = spawn(process.execPath, ["server/main.ts"], {
    cwd: checkout,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (text += String(chunk)));
  const url = await readyUrl(child, () => text);

  async function end(signal: NodeJS.Signals) {
    child.kill(signal);
    await ended(child);
  }
  return {
    url,
    folder,
    pid: child.pid ?? 0,
    output: () => text,
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
    [Symbol.asyncDispose]: async () => {
      await end("SIGTERM");
      stopTrainers(folder);
      if (!options.folder) rmSync(folder, { recursive: true, force: true });
    },
  };
}
