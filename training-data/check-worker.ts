/** The other side of check-aside.ts: checks what it is given, tells how far it is, and ends. */
import { parentPort, workerData } from "node:worker_threads";
import { checkData } from "./check-data.ts";

const MESSAGE_BYTES = 4 * 1024 * 1024;

let told = 0;
const onRead = (bytes: number) => {
  if (bytes - told < MESSAGE_BYTES) return;
  told = bytes;
  parentPort?.postMessage({ read: bytes });
};

try {
  parentPort?.postMessage({ done: await checkData({ ...workerData, onRead }) });
} catch (error) {
  // Cloning an error leaves its code out.
  const code = error instanceof Error && "code" in error ? error.code : null;
  parentPort?.postMessage({ failed: { message: String(error), code } });
}
