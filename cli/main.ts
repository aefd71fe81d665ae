import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Effects } from "./cli.ts";
import { CliError } from "./cli-error.ts";
import { run } from "./run.ts";

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return null;
    throw new CliError(`${path} cannot be read.`, 1, { cause });
  }
}

function readVersion(): string {
  const manifest = readFileSync(join(import.meta.dirname, "..", "package.json"), "utf8");
  return z.object({ version: z.string() }).parse(JSON.parse(manifest)).version;
}

function onInterrupt() {
  const controller = new AbortController();
  const abort = () => controller.abort();
  process.once("SIGINT", abort);
  return { signal: controller.signal, [Symbol.dispose]: () => void process.off("SIGINT", abort) };
}

const effects: Effects = {
  version: readVersion(),
  environment: process.env,
  out: process.stdout,
  err: process.stderr,
  input: process.stdin,
  fetch,
  readText,
  now: () => Math.floor(Date.now() / 1000),
  // An abort ends the wait early; who sleeps looks at the signal himself.
  sleep: (ms, signal) => sleep(ms, undefined, signal ? { signal } : {}).catch(() => {}),
  onInterrupt,
};

// A reader such as `head` that has seen enough is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

const exitCode = await run(process.argv.slice(2), effects);
if (exitCode !== null) process.exitCode = exitCode;
