import assert from "node:assert/strict";
import { test } from "node:test";
import { formatStamp, hashOf, parseStamp } from "./stamp.ts";

test("the hash follows the content and where one text ends", () => {
  assert.equal(hashOf(["a", "b"]), hashOf(["a", "b"]));
  assert.notEqual(hashOf(["a", "b"]), hashOf(["a", "c"]));
  assert.notEqual(hashOf(["a", "b"]), hashOf(["ab"]));
  assert.notEqual(hashOf(["a", "b"]), hashOf(["b", "a"]));
});

test("a stamp is read back as it was written", () => {
  const stamp = { python: "/a b/python3=x", torch: "cpu", asked: "" };
  assert.deepEqual(parseStamp(formatStamp(stamp)), stamp);
});

test("rubbish is an empty stamp, so the stage runs again", () => {
  assert.deepEqual(parseStamp("\0\0 half a li"), {});
});
