import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

/** Two set-ups of one checkout would install over each other: the second waits for the first. */
export async function withSetupLock(root, signal, action) {
  const path = join(root, "data", "setup.lock");
  mkdirSync(join(root, "data"), { recursive: true });
  let hasSaidSo = false;
  while (!take(path)) {
    if (!hasSaidSo) console.error(`Another set-up of this checkout is running; waiting for it (${path}).`);
    hasSaidSo = true;
    await wait(200, undefined, { signal });
  }
  try {
    return await action();
  } finally {
    rmSync(path, { force: true });
  }
}

function take(path) {
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  try {
    // A link appears with its content, so nobody reads a lock that does not say whose it is.
    linkSync(mine, path);
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    if (isHeld(path)) return false;
    // Whoever was killed half-way left its lock behind.
    rmSync(path, { force: true });
    return take(path);
  } finally {
    rmSync(mine, { force: true });
  }
}

function isHeld(path) {
  try {
    const pid = Number(readFileSync(path, "utf8"));
    if (pid === process.pid) return false;
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
