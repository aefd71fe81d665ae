import { readFileSync } from "node:fs";
import { join } from "node:path";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Aborts at Ctrl-C, so that what was started can be stopped in order. */
export function stopSignal() {
  const controller = new AbortController();
  const stop = () => controller.abort(new Error("Stopped."));
  for (const name of SIGNALS) process.on(name, stop);
  return {
    signal: controller.signal,
    /** Waits for Ctrl-C; throws if the server goes first. */
    requested: (gone: AbortSignal): Promise<void> =>
      new Promise((resolve, reject) => {
        if (controller.signal.aborted) resolve();
        if (gone.aborted) reject(gone.reason);
        controller.signal.addEventListener("abort", () => resolve(), { once: true });
        gone.addEventListener("abort", () => reject(gone.reason), { once: true });
      }),
    [Symbol.dispose]() {
      for (const name of SIGNALS) process.off(name, stop);
    },
  };
}

export const readKey = (dataFolder: string, name: "api-key" | "admin-key"): string =>
  readFileSync(join(dataFolder, name), "utf8").trim();

export async function timed<Value>(work: () => Promise<Value>): Promise<{ value: Value; seconds: number }> {
  const started = performance.now();
  const value = await work();
  return { value, seconds: (performance.now() - started) / 1000 };
}
