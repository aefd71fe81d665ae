import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemo } from "./memo.ts";

function counted() {
  let looked = 0;
  const look = async () => {
    looked += 1;
    return looked;
  };
  return { look, count: () => looked };
}

test("what was found is looked up once, until it is cleared or too old", async () => {
  let nowMs = 0;
  const memo = createMemo<number>({ entries: 10, ageMs: 1000, nowMs: () => nowMs });
  const { look, count } = counted();
  assert.equal(await memo.get("a", look), 1);
  assert.equal(await memo.get("a", look), 1);
  memo.clear();
  assert.equal(await memo.get("a", look), 2);
  nowMs = 999;
  assert.equal(await memo.get("a", look), 2);
  nowMs = 1000;
  assert.equal(await memo.get("a", look), 3);
  assert.equal(count(), 3);
});

test("what was not found is looked for again", async () => {
  const memo = createMemo<number>({ entries: 10, ageMs: 1000 });
  assert.equal(await memo.get("a", async () => undefined), undefined);
  assert.equal(await memo.get("a", async () => 7), 7);
});

test("what was read before a change is not remembered after it", async () => {
  const memo = createMemo<string>({ entries: 10, ageMs: 1000 });
  const { promise, resolve } = Promise.withResolvers<string>();
  const reading = memo.get("a", () => promise);
  memo.clear();
  resolve("old");
  assert.equal(await reading, "old");
  assert.equal(await memo.get("a", async () => "new"), "new");
});

test("it holds no more than its limit", async () => {
  const memo = createMemo<number>({ entries: 2, ageMs: 1000 });
  const { look } = counted();
  for (const key of ["a", "b", "c"]) await memo.get(key, look);
  assert.equal(await memo.get("a", look), 4);
});
