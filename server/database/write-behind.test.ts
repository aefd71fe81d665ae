import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { createWriteBehind } from "./write-behind.ts";

function newDatabase(t: TestContext, idleMs = 10_000) {
  const folder = mkdtempSync(join(tmpdir(), "perennial-behind-"));
  const path = join(folder, "behind.sqlite");
  const database = new DatabaseSync(path);
  database.exec("pragma journal_mode=wal; create table numbers (number integer primary key)");
  t.after(() => {
    database.close();
    rmSync(folder, { recursive: true });
  });
  const read = () => database.prepare("select number from numbers order by number").all().map(Object.values);
  const lost: [number, string][] = [];
  const writer = createWriteBehind({
    path,
    statements: ["insert into numbers values (?)", "delete from numbers where number < ?"],
    idleMs,
    onLost: (count, problem) => lost.push([count, problem]),
  });
  return { read, lost, writer };
}

test("batches are written in their order, and known to be once they are settled", async (t) => {
  const { read, lost, writer } = newDatabase(t);
  await using _ended = writer;
  await writer.settled();
  writer.write([
    [0, [1]],
    [0, [2]],
  ]);
  writer.write([
    [1, [2]],
    [0, [3]],
  ]);
  await writer.settled();
  assert.deepEqual(read(), [[2], [3]]);
  assert.deepEqual(lost, []);
});

test("a batch is written whole or not at all, and what is lost is told", async (t) => {
  const { read, lost, writer } = newDatabase(t);
  await using _ended = writer;
  writer.write([
    [0, [1]],
    [0, [1]],
  ]);
  writer.write([[0, [2]]]);
  await writer.settled();
  assert.deepEqual(read(), [[2]]);
  assert.equal(lost.length, 1);
  assert.equal(lost[0]?.[0], 2);
  assert.match(lost[0]?.[1] ?? "", /UNIQUE/);
});

test("a thread that ends for want of work takes nothing with it, and another goes on", async (t) => {
  const { read, lost, writer } = newDatabase(t, 0);
  await using _ended = writer;
  for (let number = 1; number <= 20; number += 1) {
    writer.write([[0, [number]]]);
    await writer.settled();
    // Whether the thread has ended by now is chance: half of the time it is given time to.
    if (number % 2 === 0) await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  }
  assert.equal(read().length, 20);
  assert.deepEqual(lost, []);
});

test("what was given before the end is written", async (t) => {
  const { read, writer } = newDatabase(t);
  writer.write([[0, [1]]]);
  await writer[Symbol.asyncDispose]();
  assert.deepEqual(read(), [[1]]);
});

test("more than may wait is lost, not kept in memory", async (t) => {
  const { read, lost, writer } = newDatabase(t);
  await using _ended = writer;
  const rows = (from: number, count: number) =>
    Array.from({ length: count }, (_, index) => [0, [from + index]] as const);
  writer.write(rows(0, 60_000));
  writer.write(rows(60_000, 60_000));
  await writer.settled();
  writer.write(rows(60_000, 1));
  await writer.settled();
  assert.equal(read().length, 60_001);
  assert.deepEqual(
    lost.map(([count]) => count),
    [60_000],
  );
});
