import { readdirSync, readFileSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";

/** Folders of numbered SQL files: the platform's own, and those of what was asked. */
export const MIGRATIONS = new URL("./migrations/", import.meta.url);
export const REQUEST_MIGRATIONS = new URL("./request-migrations/", import.meta.url);

const read = (folder: URL) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".sql"))
    .sort()
    .map((name) => ({ number: Number.parseInt(name, 10), sql: readFileSync(new URL(name, folder), "utf8") }));

const versionOf = (database: DatabaseSync) =>
  Number(database.prepare("pragma user_version").get()?.user_version ?? 0);

function apply(database: DatabaseSync, migration: { number: number; sql: string }) {
  database.exec("begin immediate");
  try {
    database.exec(migration.sql);
    database.exec(`pragma user_version=${migration.number}`);
    database.exec("commit");
  } catch (error) {
    database.exec("rollback");
    throw error;
  }
}

/** Runs the numbered SQL files that this database has not seen, each in its own transaction. */
export function migrate(database: DatabaseSync, folder: URL): void {
  const all = read(folder);
  const version = versionOf(database);
  const newest = all.at(-1)?.number ?? 0;
  if (version > newest) {
    throw new Error(
      `The database is of version ${version}, this program knows ${newest}: use the newer program.`,
    );
  }
  for (const migration of all.filter(({ number }) => number > version)) apply(database, migration);
}
