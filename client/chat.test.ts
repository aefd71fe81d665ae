import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestApp } from "../server/test-app.ts";
import { createClient } from "./client.ts";

const event = (value: object) => Buffer.from(`data: ${JSON.stringify(value)}\n\n`);
const call = { index: 0, id: "call_1", type: "function", function: { name: "weather", arguments: "{}" } };
const usage = { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 };

async function* answer() {
  yield event({ choices: [{ delta: { content: "Hi" } }] });
  yield event({ choices: [{ delta: { tool_calls: [call] }, finish_reason: "tool_calls" }] });
  yield event({ choices: [], usage });
  yield Buffer.from("data: [DONE]\n\n");
}

test("the pieces of a streamed answer carry text, tool calls, the reason of its end and the tokens used", async () => {
  await using app = await createTestApp({ serving: { chat: async () => ({ status: 200, body: answer() }) } });
  const { chat } = createClient({
    baseUrl: "http://perennial.test/v1",
    apiKey: "sk-test-project",
    fetch: async (url, init) => app.app.request(String(url), init),
  });
  const messages = [{ role: "user" as const, content: "hi" }];
  const pieces = await Array.fromAsync(chat.pieces({ model: "tiny-base", messages }));
  assert.equal(pieces.map(({ text }) => text).join(""), "Hi");
  assert.equal(pieces.flatMap(({ toolCalls }) => toolCalls)[0]?.function?.name, "weather");
  assert.equal(pieces.map(({ finishReason }) => finishReason).find(Boolean), "tool_calls");
  assert.equal(pieces.at(-1)?.usage?.total_tokens, 9);
});
