import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LineSet } from "./line-set.ts";
import { RowHash } from "./row-hash.ts";
import { RowTable } from "./row-table.ts";

const half = fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 0xffffffff }));
const key = fc.record({ high: half, low: half });

test("the table remembers what a Map remembers, with room made before or not", () => {
  fc.assert(
    fc.property(fc.array(key, { maxLength: 400 }), fc.nat({ max: 500 }), (keys, reserved) => {
      const table = new RowTable(10_000);
      const oracle = new Map<string, number>();
      table.reserve(reserved);
      keys.forEach((one, index) => {
        const name = `${one.high} ${one.low}`;
        const found = table.findOrInsert(one, { mark: index, line: index + 1 });
        assert.equal(found?.line, oracle.get(name));
        if (found) assert.equal(found.mark, found.line - 1);
        else oracle.set(name, index + 1);
      });
      assert.equal(table.size, oracle.size);
    }),
  );
});

test("a hundred thousand texts are told apart, and a full table keeps what it has", () => {
  const table = new RowTable(90_000);
  const hash = new RowHash();
  const keyOf = (index: number) => hash.reset().text(`row ${index}`).key();
  for (let index = 0; index < 100_000; index += 1) {
    assert.equal(table.findOrInsert(keyOf(index), { mark: 0, line: index + 1 }), null);
  }
  assert.deepEqual([table.size, table.isFull], [90_000, true]);
  assert.equal(table.find(keyOf(89_999))?.line, 90_000);
  assert.equal(table.find(keyOf(90_000)), null);
});

test("the hash tells values apart that are written alike", () => {
  const hash = new RowHash();
  const values = [
    ["ab", "c"],
    ["a", "bc"],
    [["ab"], "c"],
    { a: "b" },
    ["a", "b"],
    null,
    "null",
    1,
    "1",
    [],
    {},
    "",
  ];
  const seen = new Set(values.map((value) => Object.values(hash.reset().value(value).key()).join()));
  // An empty list and an empty object are both nothing.
  assert.equal(seen.size, values.length - 1);
});

test("line numbers are kept as ranges, and count also where they are not kept", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 200 })), (numbers) => {
      const sorted = numbers.sort((a, b) => a - b);
      const lines = new LineSet();
      for (const line of sorted) lines.add(line);
      const unfolded = lines
        .text()
        .split(", ")
        .filter((range) => range !== "")
        .flatMap((range) => {
          const [from = 0, to = from] = range.split("-").map(Number);
          return Array.from({ length: to - from + 1 }, (_, index) => from + index);
        });
      assert.deepEqual(unfolded, sorted);
      assert.equal(lines.count, sorted.length);
    }),
  );
  const scattered = new LineSet();
  for (let line = 1; line <= 5000; line += 2) scattered.add(line);
  assert.equal(scattered.count, 2500);
  assert.match(scattered.text(), /^1, 3, 5, .*, 999, …$/);
});
