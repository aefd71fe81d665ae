import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatPiece } from "../../../client/chat.ts";
import { addPiece, secondsToFirst, tokensPerSecond, waiting } from "./answer.ts";

const piece = (more: Partial<ChatPiece>): ChatPiece => ({
  text: "",
  toolCalls: [],
  finishReason: null,
  usage: null,
  ...more,
});

test("text and arguments of calls grow piece by piece", () => {
  const pieces = [
    piece({ text: "Hel" }),
    piece({ text: "lo" }),
    piece({ toolCalls: [{ index: 0, id: "call_1", function: { name: "bake", arguments: '{"n"' } }] }),
    piece({ toolCalls: [{ index: 0, function: { arguments: ":1}" } }], finishReason: "tool_calls" }),
  ];
  const answer = pieces.reduce((before, one) => addPiece(before, one, 10), waiting(0));
  assert.equal(answer.text, "Hello");
  assert.deepEqual(answer.calls, [{ id: "call_1", name: "bake", arguments: '{"n":1}' }]);
  assert.equal(answer.finishReason, "tool_calls");
});

test("speed is counted from the first token to the last; the usage that comes later does not slow it", () => {
  const usage = { prompt_tokens: 5, completion_tokens: 11, total_tokens: 16 };
  const first = addPiece(waiting(1000), piece({ text: "a" }), 1500);
  const last = addPiece(first, piece({ text: "b" }), 2500);
  const whole = addPiece(last, piece({ usage }), 9000);
  assert.equal(secondsToFirst(whole), 0.5);
  assert.equal(tokensPerSecond(last), null);
  assert.equal(tokensPerSecond(whole), 10);
});

test("a piece that only names the role is no first token", () => {
  assert.equal(secondsToFirst(addPiece(waiting(0), piece({}), 100)), null);
});
