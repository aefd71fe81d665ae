import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { hasMoreValuesThan, isDeeperThan } from "./json-depth.ts";

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

test("the depth is that of the parsed value, whatever stands in its strings", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const depth = depthOf(value);
      const text = JSON.stringify(value);
      assert.equal(isDeeperThan(text, depth), false);
      if (depth > 0) assert.equal(isDeeperThan(text, depth - 1), true);
    }),
  );
});

test("values are counted in whatever depth, and not in strings", () => {
  for (const json of ["[1,2,3]", '{"a":[1],"b":2}', '[[[["a"]]]]', '["a,[{\\",","b","c"]']) {
    assert.equal(hasMoreValuesThan(json + " ".repeat(100), 3), true, json);
    assert.equal(hasMoreValuesThan(json + " ".repeat(100), 5), false, json);
  }
});
