import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runOrExplain } from "../../scripts/setup/tool.ts";

const root = join(import.meta.dirname, "..", "..");
const folder = join(root, "bench", ".gateway-peers");
const requirements = join(import.meta.dirname, "requirements-litellm.txt");
const portkeyFiles = ["package.json", "package-lock.json"];

const INSTALL_MS = 600_000;
const patience = ["--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000"];

const portkey = join(folder, "portkey");
const litellm = join(folder, "litellm");

export const portkeyEntry = join(portkey, "node_modules/@portkey-ai/gateway/build/start-server.js");
export const litellmCommand = join(litellm, "bin", "litellm");

const contextIn = (cwd: string, signal: AbortSignal) => ({
  cwd,
  env: process.env,
  signal: AbortSignal.any([signal, AbortSignal.timeout(INSTALL_MS)]),
});

/** Makes a folder once, and anew when what it was made from has changed or it was left unfinished. */
async function makeOnce(path: string, name: string, wanted: string, make: () => Promise<void>) {
  const stamp = join(path, "made-from");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  const started = performance.now();
  console.log(`Installing ${name} into bench/.gateway-peers (once) …`);
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
  await make();
  writeFileSync(stamp, wanted);
  console.log(`  done in ${Math.round((performance.now() - started) / 1000)} s`);
}

async function installPortkey(signal: AbortSignal): Promise<void> {
  for (const name of portkeyFiles)
    copyFileSync(join(import.meta.dirname, "portkey", name), join(portkey, name));
  const install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-progress", ...patience];
  await runOrExplain("Portkey's gateway could not be installed", "npm", install, contextIn(portkey, signal));
}

async function installLitellm(signal: AbortSignal): Promise<void> {
  const failed = "LiteLLM's proxy could not be installed";
  const context = contextIn(root, signal);
  await runOrExplain(failed, join(root, ".venv", "bin", "python"), ["-m", "venv", litellm], context);
  const pip = ["-m", "pip", "--quiet", "--no-input", "--disable-pip-version-check", "install"];
  const packages = [...pip, "--no-deps", "-r", requirements];
  await runOrExplain(failed, join(litellm, "bin", "python"), packages, context);
}

export async function preparePortkey(signal: AbortSignal): Promise<void> {
  const wanted = portkeyFiles
    .map((name) => readFileSync(join(import.meta.dirname, "portkey", name), "utf8"))
    .join("\n");
  await makeOnce(portkey, "Portkey's gateway", wanted, () => installPortkey(signal));
}

export async function prepareLitellm(signal: AbortSignal): Promise<void> {
  const wanted = readFileSync(requirements, "utf8");
  await makeOnce(litellm, "LiteLLM's proxy, 140 packages,", wanted, () => installLitellm(signal));
}
