import assert from "node:assert/strict";
import { test } from "node:test";
import { LabelBalance } from "./label-balance.ts";

/** The codes found in a file whose rows train these answers. */
function found(rows: Iterable<readonly string[] | null>): string[] {
  const labels = new LabelBalance();
  for (const answers of rows) labels.add(answers);
  return labels.find().map(({ code }) => code);
}
const many = (count: number, make: (index: number) => string[] | null) =>
  Array.from({ length: count }, (_, index) => make(index));

test("of 500 labels the one without rows is named", () => {
  const even = many(5000, (index) => [`label ${index % 500}`]);
  assert.deepEqual(found(even), []);
  assert.deepEqual(found([...even, ["label 500"]]), ["rare_labels"]);
});

test("where one label has nearly all rows, the others are not each called rare", () => {
  const rows = many(20_000, (index) => [`label ${index % 12 === 0 ? index % 500 : 7}`]);
  assert.deepEqual(found(rows), ["label_dominates"]);
});

test("short answers that are no fixed list are not taken for labels", () => {
  const rows = many(3000, (index) => [index % 3 === 0 ? `city ${index}` : `city ${index % 40}`]);
  assert.deepEqual(found(rows), []);
});

test("the same farewell at the end of every conversation is no label", () => {
  const rows = many(50, (index) => [
    `Take label ${index} to the post office, it is free.`,
    "You're welcome!",
  ]);
  assert.deepEqual(found(rows), []);
});

test("the same words after calls, or beside rows of calls, are no label", () => {
  assert.deepEqual(found(many(50, (index) => (index % 2 === 0 ? null : ["Done."]))), []);
});

test("a chat of several short answers counts each of them", () => {
  assert.deepEqual(found(many(50, (index) => ["yes", index % 2 === 0 ? "no" : "yes"])), []);
  assert.deepEqual(found(many(50, () => ["yes", "yes"])), ["one_answer"]);
});
