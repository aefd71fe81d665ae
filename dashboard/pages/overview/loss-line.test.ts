import assert from "node:assert/strict";
import { test } from "node:test";
import { lossOf, pathOf } from "./loss-line.ts";

test("the last loss is told with its step, whatever other steps measure", () => {
  const loss = lossOf({ step: [1, 2, 3], metrics: { train_loss: [4, 2, null] } });
  assert.deepEqual(loss, { last: 2, step: 2, points: [4, 2] });
  assert.equal(lossOf({ step: [1], metrics: { train_loss: [null] } }), null);
  assert.equal(lossOf({ step: [], metrics: {} }), null);
});

test("twenty thousand steps are a line of a hundred points, which are their means", () => {
  const step = Array.from({ length: 20_000 }, (_, index) => index + 1);
  const loss = lossOf({ step, metrics: { train_loss: step } });
  assert.equal(loss?.points.length, 120);
  assert.equal(loss?.points[0], (1 + 167) / 2);
  assert.equal(loss?.last, 20_000);
});

test("the line fills its box, and one that does not move is flat", () => {
  assert.equal(pathOf([3, 1, 2], 100, 10), "0.0,0.0 50.0,10.0 100.0,5.0");
  assert.equal(pathOf([1, 1], 100, 10), "0.0,0.0 100.0,0.0");
  assert.equal(pathOf([1], 100, 10), "0.0,0.0");
});
