import assert from "node:assert/strict";
import { test } from "node:test";
import { createTurns } from "./turns.ts";

test("what belongs to one id runs in order, also after a failure; other ids do not wait", async () => {
  const inTurn = createTurns();
  const told: string[] = [];
  const held = Promise.withResolvers<void>();
  const first = inTurn("a", async () => {
    await held.promise;
    told.push("a1");
    throw new Error("broken");
  });
  const second = inTurn("a", async () => {
    told.push("a2");
    return 2;
  });
  await inTurn("b", async () => {
    told.push("b1");
  });
  assert.deepEqual(told, ["b1"]);
  held.resolve();
  await assert.rejects(first, /broken/);
  assert.equal(await second, 2);
  assert.deepEqual(told, ["b1", "a1", "a2"]);
});
