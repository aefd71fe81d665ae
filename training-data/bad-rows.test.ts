import assert from "node:assert/strict";
import { test } from "node:test";
import { calls, tools } from "./fixtures/bad-calls.ts";
import { contents, messages, rowShapes } from "./fixtures/bad-messages.ts";
import { completions, pairs, several } from "./fixtures/bad-pairs.ts";
import { fixes } from "./problem.ts";
import { findRowProblems, formatOf } from "./row-rules.ts";

/** Rows that cannot be trained on: the place in the row, the kind and the sentence of every problem, in order. */
const tables = { rowShapes, messages, contents, calls, tools, completions, pairs, several };
let total = 0;
for (const [name, cases] of Object.entries(tables)) {
  for (const [row, ...expected] of cases) {
    total += 1;
    test(`${name}: ${JSON.stringify(row).slice(0, 120)} is refused by ${expected.length} sentences`, () => {
      const format = formatOf(row);
      assert.ok(format);
      const found = findRowProblems(row, 3, { format });
      assert.deepEqual(
        found.map(({ param, code, message }) => [param, code, message]),
        expected,
      );
      for (const { code } of found) assert.ok(fixes[code].length > 10);
    });
  }
}

test("the tables hold at least 150 rows", () => {
  assert.ok(total >= 150, `${total} rows`);
});
