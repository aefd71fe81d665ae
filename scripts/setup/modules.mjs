import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { nodeBinary } from "../node-26.mjs";

/** True when npm's own record of what it installed has every package at the content that the lock file names. */
export function modulesAreCurrent(root) {
  const installed = readPackages(join(root, "node_modules", ".package-lock.json"));
  if (!installed || !existsSync(nodeBinary(root))) return false;
  const wanted = Object.entries(readPackages(join(root, "package-lock.json")));
  return wanted.every(([path, entry]) => {
    // Packages for other platforms are in the lock file and not on this disk.
    if (path === "" || entry.optional) return true;
    return entry.integrity === installed[path]?.integrity && existsSync(join(root, path, "package.json"));
  });
}

function readPackages(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).packages : undefined;
}

// npm's own patience with a missing network is over a minute.
const patience = ["--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000"];
const installArguments = ["ci", "--no-audit", "--no-fund", "--no-progress", ...patience];

export async function installModules(root, signal) {
  const started = Date.now();
  console.error("· npm packages: installing what package-lock.json names");
  const install = await capture("npm", installArguments, root, signal);
  if (install.code !== 0) throw npmProblem(install.output);
  if (whyNodeFails(root)) await placeNode(root, signal);
  console.error(`✓ npm packages: installed (${((Date.now() - started) / 1000).toFixed(1)} s)`);
}

// npm passes over install scripts where it is told to (ignore-scripts); this one only puts the binary in place.
async function placeNode(root, signal) {
  const folder = join(root, "node_modules", "node");
  const env = { npm_config_ignore_scripts: "false" };
  await capture(process.execPath, ["installArchSpecificPackage"], folder, signal, env);
  const why = whyNodeFails(root);
  if (!why) return;
  // npm would run every script with it, this one too.
  rmSync(nodeBinary(root), { force: true });
  const cure = why.includes("libatomic")
    ? "install libatomic (Debian: `apt install libatomic1`)"
    : "see why above";
  throw problem(
    `The Node 26 that npm installed does not run on this machine; ${cure} and run this again.`,
    why,
  );
}

/** Empty when it runs. */
function whyNodeFails(root) {
  const { status, error, stderr } = spawnSync(nodeBinary(root), ["--version"], { encoding: "utf8" });
  return status === 0 ? "" : stderr || error?.message || `it ended with ${status}`;
}

function capture(command, args, cwd, signal, extra = {}) {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...extra, PATH: pathWithoutModules() };
    const child = spawn(command, args, { cwd, env, signal, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
    child.on("error", (error) =>
      reject(error.code === "ENOENT" ? problem(`${command} is not here.`, "") : error),
    );
    child.on("close", (code) => resolve({ code, output }));
  });
}

// npm puts the Node that it is about to replace first on PATH.
function pathWithoutModules() {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.filter((folder) => !folder.endsWith(join("node_modules", ".bin"))).join(delimiter);
}

function npmProblem(output) {
  const isOffline =
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT/.test(output);
  const sentence = isOffline
    ? "npm cannot reach its registry; check the network (or npm's registry and proxy settings) and run this again."
    : "`npm ci` failed; its last lines are above.";
  return problem(sentence, output);
}

function problem(message, output) {
  const log = output.split("\n").filter((line) => line.trim() && !line.startsWith("npm warn"));
  return Object.assign(new Error(message), { name: "SetupProblem", log: log.slice(-12) });
}
