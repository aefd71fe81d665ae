// Plain JavaScript, and nothing newer than Node 20 knows: this runs before Node 26 is there.
import { spawn } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";

/** The Node 26 that npm installed into the checkout. */
export const nodeBinary = (root) => join(root, "node_modules", "node", "bin", "node");

export function isRunBy(binary) {
  return existsSync(binary) && realpathSync(binary) === realpathSync(process.execPath);
}

/** Hands this process over to `binary` and never comes back: its exit code and signals are ours. */
export function become(binary, args) {
  // Needs no second process, but came with Node 22.15 and is missing on Windows.
  if (process.execve && process.platform !== "win32") process.execve(binary, [binary, ...args], process.env);
  return runInstead(binary, args);
}

function runInstead(binary, args) {
  const child = spawn(binary, args, { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => forward(child, signal));
  return new Promise((_, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code));
  });
}

function forward(child, signal) {
  // A terminal sends Ctrl-C to both; twice is how people ask a server to stop at once.
  const sentByTerminal = signal === "SIGINT" && (process.stdin.isTTY || process.stderr.isTTY);
  if (!sentByTerminal) child.kill(signal);
}
