import { mkdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { hasErrorCode, SQLITE_BUSY } from "./sqlite-error.ts";

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/** Only for this user; a folder that is there keeps its mode. Node's own recursion never ends where, as in /proc, a parent takes no folders. */
function makeFolder(path: string): void {
  if (isFolder(path)) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

function openLock(folder: string): DatabaseSync {
  try {
    makeFolder(resolve(folder));
    return new DatabaseSync(join(folder, "server.lock"));
  } catch (cause) {
    const isFile = cause instanceof Error && "code" in cause && cause.code === "EEXIST";
    const reason = isFile ? "it is a file" : cause instanceof Error ? cause.message : cause;
    throw new Error(`PERENNIAL_DATA=${folder} cannot be used as a folder: ${reason}.`, { cause });
  }
}

/**
 * Holds a data folder for one server. SQLite's lock is the kernel's: a killed server leaves none behind.
 * Throws one sentence when another server holds it.
 */
export function lockFolder(folder: string): Disposable {
  const lock = openLock(folder);
  try {
    lock.exec("pragma journal_mode=delete; begin exclusive");
  } catch (cause) {
    lock.close();
    const sentence = hasErrorCode(cause, SQLITE_BUSY)
      ? `Another Perennial server uses ${folder}: stop it, or set PERENNIAL_DATA to another folder.`
      : `${join(folder, "server.lock")} cannot be locked: delete it, or make the folder writable.`;
    throw new Error(sentence, { cause });
  }
  return { [Symbol.dispose]: () => lock.close() };
}
