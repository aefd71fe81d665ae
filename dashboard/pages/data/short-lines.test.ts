import assert from "node:assert/strict";
import { test } from "node:test";
import { shortLines } from "./short-lines.ts";

test("a list of lines that nobody reads is cut between two of them", () => {
  assert.equal(shortLines("3, 7-12, 40"), "3, 7-12, 40");
  const lines = Array.from({ length: 100 }, (_, index) => index * 2).join(", ");
  assert.match(shortLines(lines), /^0, 2, .*\d, …$/);
  assert.ok(shortLines(lines).length <= 83);
});
