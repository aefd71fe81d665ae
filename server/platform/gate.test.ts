import assert from "node:assert/strict";
import { test } from "node:test";
import { createGate } from "./gate.ts";

test("no more than the places are at work at a time, in the order in which they came", async () => {
  const gate = createGate(2, 10);
  const begun: number[] = [];
  const ends = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  const runs = ends.map(({ promise }, index) =>
    gate.run(() => {
      begun.push(index);
      return promise;
    }),
  );
  await Promise.resolve();
  assert.deepEqual(begun, [0, 1]);
  ends[1]?.resolve();
  await runs[1];
  ends[0]?.reject(new Error("failed"));
  await assert.rejects(async () => runs[0], /failed/);
  for (const { resolve } of ends) resolve();
  await Promise.all(runs.slice(2));
  assert.deepEqual(begun, [0, 1, 2, 3, 4]);
});

test("who gives up while waiting leaves the line, and a full line says so", async () => {
  const gate = createGate(1, 1);
  const first = Promise.withResolvers<void>();
  const running = gate.run(() => first.promise);
  assert.equal(gate.isFull(), false);
  const leaving = new AbortController();
  const second = gate.run(async () => assert.fail("it gave up"), leaving.signal);
  assert.equal(gate.isFull(), true);
  leaving.abort(new Error("gone"));
  await assert.rejects(second, /gone/);
  assert.equal(gate.isFull(), false);
  await assert.rejects(
    gate.run(async () => {}, leaving.signal),
    /gone/,
  );
  first.resolve();
  await running;
  assert.equal(await gate.run(async () => 7), 7);
});
