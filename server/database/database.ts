import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { Kysely, type SqliteDatabase, SqliteDialect, type SqliteStatement } from "kysely";
import { migrate } from "./migrate.ts";
import { hasErrorCode, SQLITE_CORRUPT, SQLITE_NOTADB } from "./sqlite-error.ts";
import type { Tables } from "./tables.ts";

export type Database = Kysely<Tables>;

/** Kysely speaks better-sqlite3's dialect; node:sqlite differs in how parameters are passed. */
function asStatement(database: DatabaseSync, sql: string): SqliteStatement {
  const statement = database.prepare(sql);
  const values = (parameters: readonly unknown[]) => parameters as readonly SQLInputValue[];
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...values(parameters)),
    run: (parameters) => statement.run(...values(parameters)),
    iterate: (parameters) => statement.iterate(...values(parameters)),
  };
}

const asKyselyDatabase = (database: DatabaseSync): SqliteDatabase => ({
  prepare: (sql) => asStatement(database, sql),
  close: () => database.close(),
});

function openFile(path: string): DatabaseSync {
  const sqlite = new DatabaseSync(path);
  try {
    sqlite.exec(
      "pragma journal_mode=wal; pragma synchronous=full; pragma foreign_keys=on; pragma busy_timeout=5000",
    );
    migrate(sqlite);
    return sqlite;
  } catch (cause) {
    sqlite.close();
    if (!hasErrorCode(cause, SQLITE_CORRUPT, SQLITE_NOTADB)) throw cause;
    throw new Error(`${path} is damaged or no database: put a copy of it back.`, { cause });
  }
}

/**
 * Opens (and brings up to date) the database file, or ":memory:".
 * `synchronous=FULL`: what was committed, and so answered with 200, survives a power cut.
 */
export function openDatabase(path: string): Database {
  const sqlite = openFile(path);
  return new Kysely<Tables>({ dialect: new SqliteDialect({ database: asKyselyDatabase(sqlite) }) });
}
