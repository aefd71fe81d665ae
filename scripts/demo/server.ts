import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export type DemoServer = AsyncDisposable & {
  readonly url: string;
  /** Aborts when the server ends, whoever ended it. */
  readonly gone: AbortSignal;
};

type Options = {
  readonly host: string;
  readonly port: number;
  readonly data: string;
  readonly signal: AbortSignal;
};

const serverMain = join(import.meta.dirname, "..", "..", "server", "main.ts");
const READY_TRIES = 600;
const STOP_MS = 20_000;

const listenOn = (host: string, port: number): Promise<number | null> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" || error.code === "EACCES" ? resolve(null) : reject(error),
    );
    probe.listen(port, host, () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address ? address.port : null));
    });
  });

/** `port` where it is free, else one that is. */
export async function findPort(host: string, port: number): Promise<number> {
  const found = (await listenOn(host, port)) ?? (await listenOn(host, 0));
  if (found === null) throw new Error(`No free port on ${host}.`);
  return found;
}

function spawnServer({ host, port, data }: Options) {
  const logs = join(data, "logs");
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  const log = openSync(join(logs, "server.log"), "a", 0o600);
  const env = { ...process.env, PERENNIAL_HOST: host, PERENNIAL_PORT: String(port), PERENNIAL_DATA: data };
  // A process group of its own: Ctrl-C is for the demo, which first cancels its job and then stops the server.
  const server = spawn(process.execPath, [serverMain], {
    stdio: ["ignore", log, "pipe"],
    env,
    detached: true,
  });
  closeSync(log);
  return server;
}

function watch(server: ReturnType<typeof spawnServer>) {
  const gone = new AbortController();
  let said = "";
  server.stderr?.on("data", (chunk) => {
    said = `${said}${chunk}`.slice(-2000);
  });
  server.once("error", (error) => gone.abort(error));
  const exited = new Promise<void>((resolve) => {
    server.once("close", () => {
      gone.abort(
        new Error(said.trim() || "The server ended without a word; data/logs/server.log may say why."),
      );
      resolve();
    });
  });
  return { gone: gone.signal, exited };
}

async function waitUntilReady(url: string, signal: AbortSignal): Promise<void> {
  for (let tries = 0; tries < READY_TRIES; tries += 1) {
    signal.throwIfAborted();
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2000) }).catch(() => null);
    if (answer?.ok) return;
    await sleep(100);
  }
  throw new Error(`The server did not become ready on ${url}.`);
}

/** Starts the platform and waits until it answers; disposing it stops it. */
export async function startDemoServer(options: Options): Promise<DemoServer> {
  const server = spawnServer(options);
  const { gone, exited } = watch(server);
  const stop = async () => {
    server.kill("SIGTERM");
    const timer = setTimeout(() => server.kill("SIGKILL"), STOP_MS);
    await exited;
    clearTimeout(timer);
  };
  const host = options.host === "0.0.0.0" ? "127.0.0.1" : options.host;
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${options.port}`;
  try {
    await waitUntilReady(url, AbortSignal.any([gone, options.signal]));
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, gone, [Symbol.asyncDispose]: stop };
}
