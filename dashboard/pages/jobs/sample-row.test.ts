import assert from "node:assert/strict";
import { test } from "node:test";
import { addPiece, waiting } from "../playground/answer.ts";
import { answered, isSame, sampleOf } from "./sample-row.ts";

const at = (row: object) => sampleOf(3, JSON.stringify(row));

test("a chat is asked up to its last answer, without the weights that only training reads", () => {
  const sample = at({
    messages: [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Hi" },
      { role: "assistant", content: "Hello", weight: 0 },
      { role: "user", content: "Bye" },
      { role: "assistant", content: "Farewell", weight: 1 },
    ],
  });
  assert.deepEqual(
    sample?.question.messages.map((message) => message.role),
    ["system", "user", "assistant", "user"],
  );
  assert.equal(JSON.stringify(sample?.question).includes("weight"), false);
  assert.deepEqual(
    [sample?.line, sample?.asks, sample?.expected, sample?.question.temperature],
    [3, "Bye", "Farewell", 0],
  );
});

test("of a preference pair the input is asked, and the preferred output is expected", () => {
  const sample = at({
    input: { messages: [{ role: "user", content: "Tea?" }] },
    preferred_output: [{ role: "assistant", content: "Gladly." }],
    non_preferred_output: [{ role: "assistant", content: "No." }],
  });
  assert.deepEqual(
    [sample?.asks, sample?.expected, sample?.question.messages.length],
    ["Tea?", "Gladly.", 1],
  );
});

test("a prompt is a user's message, its completion loses the one space that it begins with", () => {
  const sample = at({ prompt: "1 + 1 =", completion: "  2" });
  assert.deepEqual([sample?.asks, sample?.expected], ["1 + 1 =", " 2"]);
});

test("a row without tools asks without them, and without how they are called", () => {
  const messages = [
    { role: "user", content: "hi" },
    { role: "assistant", content: "hello" },
  ];
  const sample = at({ messages, tools: [], parallel_tool_calls: true });
  assert.equal(JSON.stringify(sample?.question).includes("tool"), false);
});

test("calls are compared by name and arguments, however those are written", () => {
  const tools = [{ type: "function", function: { name: "find", parameters: { type: "object" } } }];
  const call = { id: "c", type: "function", function: { name: "find", arguments: '{ "q": "tea" }' } };
  const sample = at({
    tools,
    messages: [
      { role: "user", content: [{ type: "text", text: "Find tea" }] },
      { role: "assistant", tool_calls: [call] },
    ],
  });
  assert.deepEqual([sample?.asks, sample?.expected], ["Find tea", 'find({"q":"tea"})']);
  assert.equal(sample?.question.tools?.length, 1);
  const piece = { index: 0, id: "x", function: { name: "find", arguments: '{"q":"tea"}' } };
  const answer = addPiece(waiting(0), { text: "", toolCalls: [piece], finishReason: null, usage: null }, 1);
  assert.ok(isSame(answered(answer), sample?.expected ?? ""));
});

test("white space makes no other answer, other words do", () => {
  assert.ok(isSame(" a  b\n", "a b"));
  assert.ok(!isSame("a b", "a c"));
});

test("what cannot be asked is no sample", () => {
  for (const text of ["", "no JSON", "[]", "7", "null", "{}", '{"messages":[]}', '{"input":{"messages":[]}}'])
    assert.equal(sampleOf(1, text), null, text);
  assert.equal(at({ messages: [{ role: "assistant", content: "first" }] }), null);
});
