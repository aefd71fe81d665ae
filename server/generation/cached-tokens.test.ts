import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestApp } from "../test-app.ts";
import { toldCachedTokens } from "./cached-tokens.ts";
import { bytes, CHAT, end, hello, piece, whole } from "./fixtures/played-answers.ts";

const DONE = "data: [DONE]\n\n";

test("cached tokens are told in steps of 128, from 1,024 on", () => {
  const told = [undefined, 0, 1, 1023, 1024, 1151, 1152, 8000].map(toldCachedTokens);
  assert.deepEqual(told, [0, 0, 0, 0, 1024, 1024, 1152, 7936]);
});

test("no answer tells exactly how much of a prompt an engine knew, which may be from another project", async () => {
  const prompt_tokens_details = { cached_tokens: 1151 };
  const usage = { prompt_tokens: 2000, completion_tokens: 1, total_tokens: 2001, prompt_tokens_details };
  const counted = `data: ${JSON.stringify({ choices: [], usage })}\n\n`;
  const texts = `data: ${JSON.stringify({ choices: [{ text: "a", finish_reason: "stop" }], usage })}\n\n`;
  await using app = await createTestApp({
    serving: {
      chat: async (_target, { stream }) => ({
        status: 200,
        body: stream
          ? bytes(piece("a"), end, counted, DONE)
          : bytes(JSON.stringify({ ...whole("a"), usage })),
      }),
      complete: async () => ({ status: 200, body: bytes(texts, DONE) }),
    },
  });
  const streamed = { stream: true, stream_options: { include_usage: true } };
  const questions = [
    { path: CHAT, body: hello },
    { path: CHAT, body: { ...hello, ...streamed } },
    { path: "/v1/completions", body: { model: "tiny-base", prompt: "hi" } },
    { path: "/v1/responses", body: { model: "tiny-base", input: "hi" } },
  ];
  for (const { path, body } of questions) {
    const answer = await (await app.post(path, body)).text();
    assert.deepEqual(answer.match(/"cached_tokens":\d+/g), ['"cached_tokens":1024'], path);
  }
});
