import assert from "node:assert/strict";
import { test } from "node:test";
import { runsOf } from "./token-runs.ts";

const token = (text: string, is_trained: boolean) => ({ id: 1, text, is_trained });

test("tokens that are trained alike are one piece of text", () => {
  assert.deepEqual(runsOf([token("a", false), token("", true), token("b", true), token("c", false)]), [
    { at: 0, text: "a", isTrained: false },
    { at: 1, text: "b", isTrained: true },
    { at: 3, text: "c", isTrained: false },
  ]);
  assert.deepEqual(runsOf([]), []);
});
