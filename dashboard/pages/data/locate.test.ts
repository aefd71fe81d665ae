import assert from "node:assert/strict";
import { test } from "node:test";
import { excerpt, locate } from "./locate.ts";

const row =
  '{"messages": [{"role": "user", "content": "a, \\"b\\""}, {"role": "robot", "content": ["x", {"y": 1}]}]}';
const found = (param: string, text = row) => {
  const span = locate(text, param);
  return span && text.slice(span.start, span.end);
};

test("the place that a problem names is found in the row's text", () => {
  assert.equal(found("messages[1].role"), '"robot"');
  assert.equal(found("messages[0].content"), '"a, \\"b\\""');
  assert.equal(found("messages[1].content[1].y"), "1");
  assert.equal(found("row"), row);
});

test("a key that is at fault itself is found with its value", () => {
  const span = locate(row, "messages[1].content[1].y", { withKey: true });
  assert.equal(span && row.slice(span.start, span.end), '"y": 1');
  assert.deepEqual(locate(row, "messages[1]", { withKey: true }), locate(row, "messages[1]"));
});

test("of what is missing, the thing that lacks it is found", () => {
  assert.equal(found("messages[0].name"), '{"role": "user", "content": "a, \\"b\\""}');
  assert.equal(found("messages[7].role"), row.slice(row.indexOf("["), -1));
});

test("a text that is no JSON ends the search and throws nothing", () => {
  assert.equal(found("messages", "\u0001"), "\u0001");
  assert.equal(found("messages", ""), null);
  assert.equal(found("messages[1].role", '{"messages": [{"role"'), '[{"role"');
  assert.equal(found("a", '"never closed'), null);
});

test("a long row is cut to what is around the fault", () => {
  const text = `${"a".repeat(50)}FAULT${"b".repeat(50)}`;
  assert.deepEqual(excerpt(text, { start: 50, end: 55 }, 10), ["…aaaaaaaaaa", "FAULT", "bbbbbbbbbb…"]);
  assert.deepEqual(excerpt("short", null, 10), ["", "", "short"]);
});
