import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { repeatsAName } from "./repeated-names.ts";

const repeats = (text: string) => repeatsAName(text, JSON.parse(text));

test("JSON in which no key stands twice is never said to repeat one, however it is written", () => {
  const text = fc.oneof(fc.constantFrom(":", '":', ' ":', '"a":', '" :', "\\"), fc.string());
  const value = fc.letrec((tie) => ({
    value: fc.oneof({ depthSize: "small" }, text, fc.integer(), fc.array(tie("value")), tie("object")),
    object: fc.dictionary(text, tie("value")),
  })).value;
  const blanks = fc.constantFrom(undefined, 1, "\t");
  fc.assert(fc.property(value, blanks, (written, indent) => !repeats(JSON.stringify(written, null, indent))));
});

for (const text of [
  '{"a":1,"a":2}',
  '{"a":1,"a" :2}',
  '{"a" : 1, "a"\t: 2}',
  '{"b":[{"a":":","a":" :"}]}',
  '{"\\u0061":1,"a":2}',
  '{"__proto__":1,"__proto__":2}',
]) {
  test(`a key that stands twice is found: ${text}`, () => assert.ok(repeats(text)));
}
