/**
 * `node scripts/run.mjs [entry.ts] [arguments]`: sets the checkout up, then runs the entry on Node 26.
 * Works under any Node from 20, so it is plain JavaScript and needs no package.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { become, isRunBy, nodeBinary } from "./node-26.mjs";
import { installModules, modulesAreCurrent } from "./setup/modules.mjs";
import { withSetupLock } from "./setup/setup-lock.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const binary = nodeBinary(root);
const [entry, ...args] = process.argv.slice(2);

function stopOnSignal() {
  const controller = new AbortController();
  const stop = () => controller.abort();
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, stop);
  const release = () => {
    for (const signal of signals) process.off(signal, stop);
  };
  return { signal: controller.signal, release };
}

async function setUpCheckout(signal) {
  if (Number(process.versions.node.split(".")[0]) < 20) throw tooOld();
  if (!modulesAreCurrent(root)) await installModules(root, signal);
  if (!isRunBy(binary)) return;
  const { setUp } = await import("./setup.ts");
  await setUp({ root, env: process.env, signal, out: process.stderr });
}

function tooOld() {
  const message = `This is Node ${process.versions.node}, and set-up needs Node 20 or newer with its npm; install one.`;
  return Object.assign(new Error(message), { name: "SetupProblem", log: [] });
}

function explain(error, signal) {
  if (signal.aborted) return "Set-up was interrupted; run it again to go on.";
  if (error.name !== "SetupProblem") return `Set-up failed, and this is a bug: ${error.stack}`;
  const log = error.log.map((line) => `    ${line}\n`).join("");
  return `${log}Set-up stopped: ${error.message}`;
}

async function main() {
  const { signal, release } = stopOnSignal();
  try {
    await withSetupLock(root, signal, () => setUpCheckout(signal));
  } catch (error) {
    console.error(explain(error, signal));
    process.exit(signal.aborted ? 130 : 1);
  }
  release();
  // A server that compiles nothing at its start holds 20 MB less, and starts sooner.
  process.env.NODE_COMPILE_CACHE ??= join(root, "node_modules", ".cache", "node-compile");
  const here = fileURLToPath(import.meta.url);
  if (!isRunBy(binary)) await become(binary, [here, ...process.argv.slice(2)]);
  if (entry) await become(binary, [join(root, entry), ...args]);
}

await main();
