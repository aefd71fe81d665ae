import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { sql } from "kysely";
import { openDatabase } from "./database.ts";
import { lockFolder } from "./folder-lock.ts";

function newFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "perennial-database-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

const modeOf = (path: string) => statSync(path).mode & 0o777;

test("a folder that is made is for its user alone; one that was there keeps its mode", (t) => {
  const there = newFolder(t);
  for (const path of [there, join(there, "a", "b")]) {
    if (path === there) mkdirSync(join(there, "a"), { mode: 0o755 });
    using _lock = lockFolder(path);
  }
  assert.deepEqual([modeOf(join(there, "a")), modeOf(join(there, "a", "b"))], [0o755, 0o700]);
});

test("a folder is one server's at a time", (t) => {
  const folder = newFolder(t);
  {
    using _lock = lockFolder(folder);
    assert.throws(() => lockFolder(folder), /^Error: Another Perennial server uses /);
  }
  using _again = lockFolder(folder);
});

test("a folder that cannot be one is refused at once by a sentence that names it", (t) => {
  const file = join(newFolder(t), "file");
  writeFileSync(file, "");
  for (const path of [file, join(file, "below"), "/proc/nope", "/proc/nope/below"])
    assert.throws(() => lockFolder(path), new RegExp(`^Error: PERENNIAL_DATA=${path} cannot be used`));
});

test("a damaged database is refused by a sentence that names it", (t) => {
  const folder = newFolder(t);
  const path = join(folder, "perennial.sqlite");
  writeFileSync(path, "this is no database ".repeat(100));
  assert.throws(() => openDatabase(path), {
    message: `${path} is damaged or no database: put a copy of it back.`,
  });
  writeFileSync(join(folder, "server.lock"), "this is no database ".repeat(100));
  assert.throws(() => lockFolder(folder), /server\.lock cannot be locked/);
});

test("a transaction that a full disk ends says so, and the next one works", async (t) => {
  const db = openDatabase(join(newFolder(t), "perennial.sqlite"));
  t.after(() => db.destroy());
  const addNotes = (bytes: number) =>
    db.transaction().execute((trx) => sql`insert into notes values (zeroblob(${bytes}))`.execute(trx));
  await sql`create table notes (text blob)`.execute(db);
  await sql`pragma max_page_count = 1`.execute(db);
  await assert.rejects(addNotes(1_000_000), { message: "database or disk is full", errcode: 13 });
  await addNotes(1);
});
