import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { Adapter } from "../engine.ts";
import { createAdapterShelf } from "./adapter-shelf.ts";

const adapter = (id: string): Adapter => ({ id, path: `/${id}` });

function setUp(limit = 2) {
  const done: string[] = [];
  const failing = new Set<string>();
  const shelf = createAdapterShelf({
    limit,
    isPinned: (id) => id.startsWith("pinned"),
    loader: {
      load: async ({ id }) => {
        if (failing.has(id)) throw new Error(`cannot load ${id}`);
        done.push(`+${id}`);
      },
      unload: async ({ id }) => void done.push(`-${id}`),
    },
  });
  const use = async (id: string) => {
    const taken = shelf.take(adapter(id));
    await taken.ready;
    return taken.giveBack;
  };
  const useOnce = async (id: string) => (await use(id))();
  return { done, failing, shelf, use, useOnce };
}

test("those who ask together share one load", async () => {
  const { done, useOnce } = setUp();
  await Promise.all([useOnce("a"), useOnce("a"), useOnce("a")]);
  await useOnce("a");
  assert.deepEqual(done, ["+a"]);
});

test("the least recently used one goes, and comes back when it is asked for", async () => {
  const { done, useOnce, shelf } = setUp();
  for (const id of ["a", "b", "a", "c", "b"]) await useOnce(id);
  assert.deepEqual(done, ["+a", "+b", "-b", "+c", "-a", "+b"]);
  assert.deepEqual(shelf.adapterIds(), ["c", "b"]);
  assert.deepEqual([shelf.holds("b"), shelf.holds("a")], [true, false]);
});

test("one that is in use stays, though it was used longest ago", async () => {
  const { done, use, useOnce } = setUp();
  const giveBack = await use("a");
  for (const id of ["b", "c"]) await useOnce(id);
  assert.deepEqual(done, ["+a", "+b", "-b", "+c"]);
  giveBack();
});

test("where all are in use the next one waits, and those who ask for the one that goes wait behind it", async () => {
  const { done, use } = setUp(1);
  const giveBack = await use("a");
  const next = use("b");
  await turn();
  const again = use("a");
  await turn();
  assert.deepEqual(done, ["+a"]);
  giveBack();
  giveBack();
  (await next)();
  (await again)();
  assert.deepEqual(done, ["+a", "-a", "+b", "-b", "+a"]);
});

test("one that cannot be loaded is told to all who asked, and is tried again when it is asked for again", async () => {
  const { done, failing, useOnce, shelf } = setUp();
  failing.add("bad");
  const tries = await Promise.allSettled([useOnce("bad"), useOnce("bad"), useOnce("good")]);
  assert.deepEqual(
    tries.map(({ status }) => status),
    ["rejected", "rejected", "fulfilled"],
  );
  assert.deepEqual(shelf.adapterIds(), ["good"]);
  failing.clear();
  await useOnce("bad");
  assert.deepEqual(done, ["+good", "+bad"]);
});

test("one that nobody waits for any more is not loaded", async () => {
  const { done, use, shelf } = setUp(1);
  const giveBack = await use("a");
  const left = shelf.take(adapter("b"));
  left.giveBack();
  giveBack();
  await left.ready;
  assert.deepEqual(done, ["+a"]);
});

test("one whose model is gone is unloaded once nobody uses it", async () => {
  const { done, use, shelf } = setUp();
  const giveBack = await use("a");
  await shelf.forget("a");
  assert.deepEqual([done, shelf.adapterIds()], [["+a"], []]);
  giveBack();
  await turn();
  assert.deepEqual(done, ["+a", "-a"]);
});

test("one that is pinned stays, and takes nobody's turn where all are", async () => {
  const { done, useOnce, shelf } = setUp(1);
  for (const id of ["pinned-a", "b", "c"]) await useOnce(id);
  assert.deepEqual(done, ["+pinned-a", "+b", "-b", "+c"]);
  assert.ok(shelf.holds("pinned-a"));
});
