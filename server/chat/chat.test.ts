import assert from "node:assert/strict";
import { test } from "node:test";
import type { Serving } from "../assemble.ts";
import { createTestApp } from "../test-app.ts";

const CHAT = "/v1/chat/completions";
const hello = { model: "tiny-base", messages: [{ role: "user", content: "hi" }] };

async function* bytes(...texts: string[]) {
  for (const text of texts) yield Buffer.from(text);
}
const event = (data: unknown) => `data: ${JSON.stringify(data)}\n\n`;
const piece = (content: string) =>
  event({ choices: [{ index: 0, delta: { content }, finish_reason: null }] });
const end = event({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] });
const usage = event({ choices: [], usage: { prompt_tokens: 4, completion_tokens: 2, total_tokens: 6 } });

/** An app whose engine answers with these bytes, and what it was asked. */
async function appWithEngine(answer: () => AsyncIterable<Uint8Array>, status = 200) {
  const asked: Record<string, unknown>[] = [];
  const chat: Serving["chat"] = async (_target, body) => {
    asked.push(body);
    return { status, body: answer() };
  };
  return { app: await createTestApp({ serving: { chat } }), asked };
}

const dataOf = (text: string) =>
  text
    .split("\n\n")
    .filter((line) => line.startsWith("data: {"))
    .map((line) => JSON.parse(line.slice(6)));

test("a stream carries the caller's model name and one id, and ends with usage and [DONE]", async () => {
  const { app, asked } = await appWithEngine(() =>
    bytes(piece("he") + piece("l").slice(0, 10), piece("l").slice(10), end, usage, "data: [DONE]\n\n"),
  );
  await using _ = app;
  const response = await app.post(CHAT, { ...hello, stream: true, stream_options: { include_usage: true } });
  const text = await response.text();
  const chunks = dataOf(text);
  assert.deepEqual(
    chunks.map((chunk) => chunk.choices[0]?.delta.content),
    ["he", "l", undefined, undefined],
  );
  assert.equal(new Set(chunks.map((chunk) => chunk.id)).size, 1);
  assert.ok(chunks.every((chunk) => chunk.model === "tiny-base" && chunk.object === "chat.completion.chunk"));
  assert.deepEqual(
    chunks.map((chunk) => chunk.usage?.total_tokens ?? chunk.usage),
    [null, null, null, 6],
  );
  assert.ok(text.endsWith("data: [DONE]\n\n"));
  assert.equal(asked[0]?.temperature, 1);
  assert.equal(asked[0]?.top_k, 0);
});

test("an engine that stops in the middle of a stream ends it with an error event", async () => {
  const { app } = await appWithEngine(() => bytes(piece("he")));
  await using _ = app;
  const text = await (await app.post(CHAT, { ...hello, stream: true })).text();
  assert.equal(dataOf(text).at(-1).error.code, "engine_unavailable");
  assert.equal(text.includes("[DONE]"), false);
});

test("several choices are asked for one by one; their prompt counts once", async () => {
  const answer = {
    choices: [{ finish_reason: "stop", message: { role: "assistant", content: "x" } }],
    usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 },
  };
  const { app, asked } = await appWithEngine(() => bytes(JSON.stringify(answer)));
  await using _ = app;
  const completion = await app.json(app.post(CHAT, { ...hello, n: 3, seed: 10 }));
  assert.deepEqual(
    completion.choices.map((choice: { index: number }) => choice.index),
    [0, 1, 2],
  );
  assert.deepEqual(
    asked.map((body) => body.seed),
    [10, 11, 12],
  );
  const { prompt_tokens, completion_tokens, total_tokens } = completion.usage;
  assert.deepEqual([prompt_tokens, completion_tokens, total_tokens], [5, 6, 11]);
});

test("developer messages and parts reach the engine as system messages and text", async () => {
  const { app, asked } = await appWithEngine(() => bytes("{}"));
  await using _ = app;
  const messages = [
    { role: "developer", content: "be brief" },
    {
      role: "user",
      content: [
        { type: "text", text: "a" },
        { type: "text", text: "b" },
      ],
    },
  ];
  await app.post(CHAT, { ...hello, messages });
  assert.deepEqual(asked[0]?.messages, [
    { role: "system", content: "be brief" },
    { role: "user", content: "ab" },
  ]);
});

const engineErrors: [string, number, unknown, number, string][] = [
  [
    "a prompt over the context is the caller's to shorten",
    400,
    { error: { message: "x", type: "exceed_context_size_error", n_prompt_tokens: 9000, n_ctx: 8192 } },
    400,
    "context_length_exceeded",
  ],
  [
    "an engine's other refusal is passed on",
    400,
    { error: { message: "bad grammar", type: "invalid_request_error" } },
    400,
    "null",
  ],
  [
    "an engine's own failure is worth another try",
    500,
    { error: { message: "oops" } },
    503,
    "engine_unavailable",
  ],
  ["an engine that answers nonsense is worth another try", 200, { nonsense: 1 }, 503, "engine_unavailable"],
];
for (const [what, status, answer, expected, code] of engineErrors) {
  test(what, async () => {
    const { app } = await appWithEngine(() => bytes(JSON.stringify(answer)), status);
    await using _ = app;
    for (const stream of status === 200 ? [false] : [false, true]) {
      const response = await app.post(CHAT, { ...hello, stream });
      assert.equal(response.status, expected);
      assert.equal(String((await app.json(response)).error.code), code);
      assert.equal(response.headers.has("retry-after"), expected === 503);
    }
  });
}

test("a client that leaves a stream ends the engine's request", async () => {
  const left = Promise.withResolvers<void>();
  const chat: Serving["chat"] = async (_target, _body, signal) => {
    signal.addEventListener("abort", () => left.resolve());
    async function* endless() {
      for (;;) {
        yield Buffer.from(piece("x"));
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    return { status: 200, body: endless() };
  };
  await using app = await createTestApp({ serving: { chat } });
  const response = await app.post(CHAT, { ...hello, stream: true });
  const reader = response.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  await left.promise;
});
