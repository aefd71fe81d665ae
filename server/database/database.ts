import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { Kysely, type SqliteDatabase, SqliteDialect, type SqliteStatement, sql } from "kysely";
import { MIGRATIONS, migrate, REQUEST_MIGRATIONS } from "./migrate.ts";
import type { RequestTables } from "./request-tables.ts";
import { hasErrorCode, SQLITE_CORRUPT, SQLITE_NOTADB } from "./sqlite-error.ts";
import { createTableWatch, type TableWatch } from "./table-watch.ts";
import type { Tables } from "./tables.ts";

export type Database = Kysely<Tables>;
export type RequestDatabase = Kysely<RequestTables>;

const watches = new WeakMap<Database, TableWatch>();

/** Calls `onWrite` after each write to one of the tables by this process, before anybody can read what it left. */
export function onWrite(db: Database, tables: readonly (keyof Tables)[], onWrite: () => void): void {
  watches.get(db)?.watch(tables, onWrite);
}

/** Kysely speaks better-sqlite3's dialect; node:sqlite differs in how parameters are passed. */
function asStatement(database: DatabaseSync, sql: string, ran: (() => void) | null): SqliteStatement {
  const statement = database.prepare(sql);
  const values = (parameters: readonly unknown[]) => parameters as readonly SQLInputValue[];
  const told = <Result>(result: Result): Result => {
    ran?.();
    return result;
  };
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => told(statement.all(...values(parameters))),
    run: (parameters) => told(statement.run(...values(parameters))),
    // Read while others run: no statement that is shared.
    iterate: (parameters) => database.prepare(sql).iterate(...values(parameters)),
  };
}

/** Preparing a statement takes longer than running most. */
const MOST_PREPARED = 500;

const ROLLBACK = "rollback";
const nothing = { changes: 0, lastInsertRowid: 0 };

/** Of a full disk SQLite ends the transaction by itself: ending it again fails, and would hide why. */
function rollback(database: DatabaseSync): SqliteStatement {
  const statement = asStatement(database, ROLLBACK, null);
  return { ...statement, run: () => (database.isTransaction ? statement.run([]) : nothing) };
}

function asKyselyDatabase(database: DatabaseSync, { afterRun }: TableWatch): SqliteDatabase {
  const prepared = new Map<string, SqliteStatement>();

  function prepare(sql: string): SqliteStatement {
    const statement = sql === ROLLBACK ? rollback(database) : asStatement(database, sql, afterRun(sql));
    if (prepared.size >= MOST_PREPARED) prepared.clear();
    prepared.set(sql, statement);
    return statement;
  }

  return { prepare: (sql) => prepared.get(sql) ?? prepare(sql), close: () => database.close() };
}

function openFile(path: string, migrations: URL): DatabaseSync {
  const sqlite = new DatabaseSync(path);
  try {
    sqlite.exec(
      "pragma journal_mode=wal; pragma synchronous=full; pragma foreign_keys=on; pragma busy_timeout=5000",
    );
    migrate(sqlite, migrations);
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
  const sqlite = openFile(path, MIGRATIONS);
  const watch = createTableWatch();
  const database = asKyselyDatabase(sqlite, watch);
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) });
  watches.set(db, watch);
  return db;
}

export const isAnswering = (db: Database): Promise<boolean> =>
  sql`select 1`.execute(db).then(
    () => true,
    () => false,
  );

/** For reading; it is written behind (`write-behind.ts`). */
export function openRequestDatabase(path: string): RequestDatabase {
  const database = asKyselyDatabase(openFile(path, REQUEST_MIGRATIONS), createTableWatch());
  return new Kysely<RequestTables>({ dialect: new SqliteDialect({ database }) });
}
