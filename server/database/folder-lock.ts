import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/**
 * Holds a data folder for one server. SQLite's lock is the kernel's: a killed server leaves none behind.
 * Throws one sentence when another server holds it.
 */
export function lockFolder(folder: string): Disposable {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = new DatabaseSync(join(folder, "server.lock"));
  try {
    lock.exec("pragma journal_mode=delete; begin exclusive");
  } catch (cause) {
    lock.close();
    throw new Error(
      `Another Perennial server uses ${folder}: stop it, or set PERENNIAL_DATA to another folder.`,
      { cause },
    );
  }
  return { [Symbol.dispose]: () => lock.close() };
}
