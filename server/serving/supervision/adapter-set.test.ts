import assert from "node:assert/strict";
import { test } from "node:test";
import { blamed, chooseAdapters, type KnownAdapter } from "./adapter-set.ts";

const known = (id: string, lastUse: number, isProven = true): KnownAdapter => ({
  adapter: { id, path: `/${id}` },
  lastUse,
  isProven,
});
const all = [known("old", 1), known("new", 3, false), known("mid", 2)];
const ids = (chosen: readonly KnownAdapter[]) => chosen.map(({ adapter }) => adapter.id);

const cases: [string, Omit<Parameters<typeof chooseAdapters>[0], "known">, string[]][] = [
  ["those used last come first", { asked: null, limit: 3, onlyProven: false }, ["new", "mid", "old"]],
  ["the least recently used is left out", { asked: null, limit: 2, onlyProven: false }, ["new", "mid"]],
  ["the one asked for is always in", { asked: "old", limit: 2, onlyProven: false }, ["old", "new"]],
  [
    "after a failure, no unproven one rides along",
    { asked: "old", limit: 3, onlyProven: true },
    ["old", "mid"],
  ],
  [
    "after a failure, the unproven one asked for is in",
    { asked: "new", limit: 3, onlyProven: true },
    ["new", "mid", "old"],
  ],
];

for (const [name, choice, expected] of cases) {
  test(name, () => assert.deepEqual(ids(chooseAdapters({ ...choice, known: all })), expected));
}

test("a failed start is blamed on the one adapter that was new", () => {
  assert.equal(blamed(all)?.id, "new");
});

test("a failed start without new adapters is the engine's own", () => {
  assert.equal(blamed([known("a", 1)]), null);
});

test("with several new adapters nobody is blamed yet", () => {
  assert.equal(blamed([known("a", 1, false), known("b", 2, false)]), undefined);
});
