import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Line, thin } from "./thin.ts";

const everything = { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY };
const lines = fc
  .array(
    fc.record({
      gap: fc.integer({ min: 0, max: 5 }),
      value: fc.option(fc.double({ noNaN: true, min: -1e6, max: 1e6 })),
    }),
    { maxLength: 600 },
  )
  .map((steps): Line => {
    let at = 0;
    return { x: steps.map(({ gap }) => (at += gap)), values: steps.map(({ value }) => value) };
  });
const widths = fc.integer({ min: 1, max: 60 });

const extentOf = ({ x }: Line) => ({ min: x[0] ?? 0, max: x.at(-1) ?? 0 });
const pairsOf = ({ x, values }: Line) =>
  x.flatMap((at, index) => (values[index] == null ? [] : [[at, values[index]] as const]));

test("points are the line's own in their order, with its first and last, and no more than two a pixel", () => {
  fc.assert(
    fc.property(lines, widths, (line, width) => {
      const all = pairsOf(line);
      const shown = pairsOf(thin(line, extentOf(line), width));
      let from = 0;
      for (const [at, value] of shown) {
        const found = all.findIndex(([x, y], index) => index >= from && x === at && y === value);
        assert.ok(found >= 0, "a point that the line does not have, or out of order");
        from = found + 1;
      }
      assert.deepEqual([shown[0], shown.at(-1)], [all[0], all.at(-1)]);
      // One bucket more holds the right end alone.
      assert.ok(shown.length <= 4 * (Math.ceil(width / 2) + 1), `${shown.length} points`);
    }),
  );
});

test("the first, last, lowest and highest of every bucket stay", () => {
  fc.assert(
    fc.property(lines, widths, (line, width) => {
      const { min, max } = extentOf(line);
      const buckets = Math.max(1, Math.ceil(width / 2));
      const bucketOf = (at: number) => Math.floor(((at - min) / (max - min || 1)) * buckets);
      const shown = Map.groupBy(pairsOf(thin(line, { min, max }, width)), ([at]) => bucketOf(at));
      for (const [bucket, points] of Map.groupBy(pairsOf(line), ([at]) => bucketOf(at))) {
        const own = shown.get(bucket) ?? [];
        const values = points.map(([, value]) => value ?? 0);
        const ownValues = own.map(([, value]) => value ?? 0);
        assert.deepEqual([own[0], own.at(-1)], [points[0], points.at(-1)]);
        assert.equal(Math.min(...ownValues), Math.min(...values));
        assert.equal(Math.max(...ownValues), Math.max(...values));
      }
    }),
  );
});

test("of a range there are more points than of the whole, and beside it those that lead in and out", () => {
  const x = Array.from({ length: 20_000 }, (_, index) => index + 1);
  const line = { x, values: x.map((at) => Math.sin(at)) };
  const whole = thin(line, { min: 1, max: 20_000 }, 500);
  assert.ok(whole.x.length <= 1004, `${whole.x.length}`);
  const part = thin(line, { min: 10_000, max: 10_100 }, 500);
  assert.deepEqual(
    [part.x.length, part.x[0], part.x[1], part.x[2], part.x.at(-2), part.x.at(-1)],
    [105, 1, 9999, 10_000, 10_101, 20_000],
  );
});

test("one spike in 20,000 steps is still there", () => {
  const x = Array.from({ length: 20_000 }, (_, index) => index);
  const values = x.map((at) => (at === 12_345 ? 9 : 1));
  assert.equal(
    thin({ x, values }, { min: 0, max: 19_999 }, 300).values.filter((value) => value === 9).length,
    1,
  );
});

test("a short line stays whole, an empty one empty", () => {
  const line = { x: [1, 2, 3], values: [1, null, 3] };
  assert.deepEqual(thin(line, everything, 300), { x: [1, 3], values: [1, 3] });
  assert.deepEqual(thin({ x: [], values: [] }, everything, 300), { x: [], values: [] });
});
