import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from "kysely";
import { openDatabase } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import { createQueueStore } from "./queue-store.ts";

/** Catches the SQL of the store's questions. */
function recording() {
  const queries: { sql: string; parameters: readonly unknown[] }[] = [];
  const db = new Kysely<Tables>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (inner) => new SqliteIntrospector(inner),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
    log: ({ query }) => void queries.push(query),
  });
  return { store: createQueueStore(db), queries };
}

test("the queue is read from its indexes, however many jobs have ended", async () => {
  const folder = mkdtempSync(join(tmpdir(), "perennial-plan-"));
  const path = join(folder, "test.sqlite");
  await openDatabase(path).destroy();
  const sqlite = new DatabaseSync(path);
  const { store, queries } = recording();
  await store.listHeads();
  await store.listOldest("validating_files", 8);
  await store.listRunning();
  const plans = queries.map(({ sql, parameters }) =>
    sqlite
      .prepare(`explain query plan ${sql}`)
      .all(...parameters.map(String))
      .map(({ detail }) => String(detail)),
  );
  sqlite.close();
  rmSync(folder, { recursive: true });
  assert.equal(plans.length, 3);
  assert.match(plans[0]?.join() ?? "", /INDEX jobs_next/);
  for (const plan of plans.slice(1)) assert.match(plan.join(), /INDEX jobs_open/);
});
