import assert from "node:assert/strict";
import { test } from "node:test";
import { createFileWarnings } from "./file-warnings.ts";
import { Warnings } from "./findings.ts";
import { readRow } from "./reading.ts";

/** What is said of how the answers of a file's rows end, as `code lines`. */
function warningsOf(answers: readonly string[]): string[] {
  const warnings = new Warnings();
  const rows = createFileWarnings({ warnings, mostRemembered: 1000, training: null });
  for (const [index, answer] of answers.entries()) {
    const row = { prompt: `Question ${index}?`, completion: answer };
    rows.add(index + 1, row, readRow(row, "completion"));
  }
  rows.finish();
  return warnings.list().map(({ code, lines }) => `${code} ${lines}`);
}

const many = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => make(index));
const LONG = "This is an answer that is long enough to be looked at from its beginning to its very end";

test("long answers without a final mark are named where most have one, and only there", () => {
  const ended = many(40, (index) => `${LONG} number ${index}.`);
  const bare = many(3, (index) => `${LONG} number ${index}`);
  assert.deepEqual(warningsOf([...ended, ...bare]), ["answer_without_end_mark 41-43"]);
  const allBare = many(40, (index) => `${LONG}, of which this is number ${index}`);
  assert.deepEqual(warningsOf([...allBare, ...ended.slice(0, 25)]), []);
});

test("an answer that stops at a word that asks for another is named where most have a final mark", () => {
  const asking = ["You can find the settings in", "This is the page of"];
  assert.deepEqual(warningsOf([...many(10, (index) => `Yes ${index}.`), "You can find the settings in"]), []);
  const closed = many(10, (index) => `This is the whole answer ${index}.`);
  assert.deepEqual(warningsOf(["You can find the settings in", ...closed]), ["answer_without_end_mark 1"]);
  const headlines = many(10, (index) => `The ${index} cars that we wait for`);
  assert.deepEqual(warningsOf([...headlines, ...asking]), []);
});
