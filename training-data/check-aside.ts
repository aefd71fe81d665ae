import { stat } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import type { DataCheck } from "../contract/training-data.ts";
import { checkData, type DataRequest } from "./check-data.ts";

/** Smaller files are read before a thread has begun. */
const ASIDE_FROM_BYTES = 2 * 1024 * 1024;

type Told = { read: number } | { done: DataCheck } | { failed: { message: string; code: unknown } };

const sizeOf = async (path: string | undefined) => (path === undefined ? 0 : (await stat(path)).size);

function runWorker({ signal, onRead, ...workerData }: DataRequest): Promise<DataCheck> {
  const worker = new Worker(new URL("./check-worker.ts", import.meta.url), {
    workerData,
    // Rows are short-lived: a larger nursery costs memory and wins nothing.
    resourceLimits: { maxYoungGenerationSizeMb: 8 },
  });
  let onAbort = () => {};
  const result = new Promise<DataCheck>((resolve, reject) => {
    worker.on("message", (told: Told) => {
      if ("read" in told) onRead?.(told.read);
      else if ("done" in told) resolve(told.done);
      else reject(Object.assign(new Error(told.failed.message), { code: told.failed.code }));
    });
    worker.on("error", reject);
    worker.on("exit", () => reject(new Error("The thread that checked the file ended without an answer.")));
    onAbort = () => reject(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
  return result.finally(() => {
    signal?.removeEventListener("abort", onAbort);
    return worker.terminate();
  });
}

/** Whether the files take so long, or so much memory, that a thread of their own is worth its start. */
export async function isLarge({ training, validation }: DataRequest): Promise<boolean> {
  return (await sizeOf(training.path)) + (await sizeOf(validation?.path)) >= ASIDE_FROM_BYTES;
}

/** `checkData`, for large files on a thread of its own: requests are answered meanwhile, and its memory goes with it. */
export async function checkDataAside(request: DataRequest): Promise<DataCheck> {
  request.signal?.throwIfAborted();
  return (await isLarge(request)) ? runWorker(request) : checkData(request);
}
