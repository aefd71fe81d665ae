import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, CHAT, hello, playedEngine, whole } from "../generation/fixtures/played-answers.ts";
import { createTestApp } from "../test-app.ts";

async function appWithEngine(answer: () => AsyncIterable<Uint8Array>, status = 200) {
  const { chat, asked } = playedEngine(answer, status);
  return { app: await createTestApp({ serving: { chat } }), asked };
}

test("several choices are asked for one by one; their prompt counts once", async () => {
  const { app, asked } = await appWithEngine(() => bytes(JSON.stringify(whole("x"))));
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
    { role: "user", content: "a\nb" },
  ]);
});

test("what OpenAI's clients send back of earlier answers reaches the engine in its newest form", async () => {
  const { app, asked } = await appWithEngine(() => bytes("{}"));
  await using _ = app;
  const call = { name: "add", arguments: '{"a":1}' };
  const toolCall = (id: string) => ({ id, type: "function", function: call });
  const messages = [
    { role: "user", content: "hi" },
    { role: "assistant", content: null, refusal: "No.", tool_calls: null, function_call: null },
    { role: "assistant", content: [{ type: "refusal", refusal: "Never." }] },
    { role: "assistant", content: null, refusal: null, tool_calls: [toolCall("call_7")] },
    { role: "tool", content: "2", tool_call_id: "call_7" },
    { role: "assistant", content: null, function_call: call },
    { role: "function", name: "add", content: "3" },
    { role: "function", name: "add", content: null },
  ];
  await app.post(CHAT, { ...hello, messages });
  assert.deepEqual(JSON.parse(JSON.stringify(asked[0]?.messages)), [
    { role: "user", content: "hi" },
    { role: "assistant", content: "No." },
    { role: "assistant", content: "Never." },
    { role: "assistant", content: null, tool_calls: [toolCall("call_7")] },
    { role: "tool", content: "2", tool_call_id: "call_7" },
    { role: "assistant", content: null, tool_calls: [toolCall("call_add")] },
    { role: "tool", content: "3", tool_call_id: "call_add" },
    { role: "tool", content: "", tool_call_id: "call_add" },
  ]);
});

test("whether tools may be called in parallel is passed on with the tools, as OpenAI's default where it is not said", async () => {
  const { app, asked } = await appWithEngine(() => bytes("{}"));
  await using _ = app;
  const tools = [{ type: "function", function: { name: "add" } }];
  for (const parallel_tool_calls of [false, true, null]) {
    await app.post(CHAT, { ...hello, tools, parallel_tool_calls });
  }
  await app.post(CHAT, hello);
  assert.deepEqual(
    asked.map((body) => body.parallel_tool_calls),
    [false, true, true, undefined],
  );
});

test("a seed of 64 bits is taken, and each choice still has one of its own", async () => {
  const { app, asked } = await appWithEngine(() => bytes(JSON.stringify(whole("x"))));
  await using _ = app;
  for (const seed of [2 ** 63, -(2 ** 63)])
    assert.equal((await app.post(CHAT, { ...hello, n: 2, seed })).status, 200);
  const [first, second, third] = asked.map((body) => Number(body.seed));
  assert.equal(Number(second) - Number(first), 1);
  assert.ok([first, third].every(Number.isSafeInteger));
});

test("the name on a function's result reaches the template, as it does in training", async () => {
  const { app, asked } = await appWithEngine(() => bytes("{}"));
  await using _ = app;
  const call = { id: "c", type: "function", function: { name: "add", arguments: "{}" } };
  const result = { role: "tool", tool_call_id: "c", name: "add", content: "2" };
  await app.post(CHAT, { ...hello, messages: [{ role: "assistant", tool_calls: [call] }, result] });
  assert.deepEqual(Object(asked[0]?.messages)[1], result);
});

test("what is null of a tool reaches the engine as if left out", async () => {
  const { app, asked } = await appWithEngine(() => bytes("{}"));
  await using _ = app;
  const functions = [
    { name: "a", description: null, strict: null, parameters: null },
    { name: "b" },
    { name: "c", description: "C", strict: false, parameters: { type: "object" } },
  ];
  await app.post(CHAT, { ...hello, tools: functions.map((one) => ({ type: "function", function: one })) });
  const told = [{ name: "a", parameters: {} }, { name: "b", parameters: {} }, functions[2]];
  assert.deepEqual(
    asked[0]?.tools,
    told.map((one) => ({ type: "function", function: one })),
  );
});

test("the one effort and verbosity that models without reasoning have are accepted", async () => {
  const { app } = await appWithEngine(() => bytes(JSON.stringify(whole("x"))));
  await using _ = app;
  const response = await app.post(CHAT, { ...hello, reasoning_effort: "none", verbosity: "medium" });
  assert.equal(response.status, 200);
});

test("an answer of nothing is an empty text; beside tool calls it is null", async () => {
  const call = { id: "call_1", type: "function", function: { name: "f", arguments: "{}" } };
  const contentOf = async (message: object) => {
    const answer = { ...whole(""), choices: [{ finish_reason: "stop", message }] };
    const { app } = await appWithEngine(() => bytes(JSON.stringify(answer)));
    await using _ = app;
    return (await app.json(app.post(CHAT, hello))).choices[0].message.content;
  };
  assert.equal(await contentOf({ content: "" }), "");
  assert.equal(await contentOf({ content: null }), "");
  assert.equal(await contentOf({ content: "", tool_calls: [call] }), null);
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
  [
    "an engine that answers without a choice is worth another try",
    200,
    { ...whole("x"), choices: [] },
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
