import assert from "node:assert/strict";
import { test } from "node:test";
import type { Serving } from "../assemble.ts";
import { bytes, dataOf } from "../generation/fixtures/played-answers.ts";
import { createTestApp } from "../test-app.ts";

const PATH = "/v1/completions";
const event = (data: unknown) => `data: ${JSON.stringify(data)}\n\n`;
const piece = (text: string, logprob: number) =>
  event({
    choices: [
      {
        text,
        finish_reason: null,
        logprobs: { tokens: [text], token_logprobs: [logprob], top_logprobs: [{ [text]: logprob }] },
      },
    ],
  });
const end = event({
  choices: [{ text: "", finish_reason: "length", logprobs: null }],
  usage: {
    prompt_tokens: 3,
    completion_tokens: 2,
    total_tokens: 5,
    prompt_tokens_details: { cached_tokens: 1 },
  },
});
const answer = () => bytes(piece("ab", -1), piece("c", -2), end, "data: [DONE]\n\n");

async function appWith(changes: Partial<Serving> = {}) {
  const asked: Record<string, unknown>[] = [];
  const read: unknown[] = [];
  const serving: Partial<Serving> = {
    complete: async (_target, body) => {
      asked.push(body);
      return { status: 200, body: answer() };
    },
    readPrompt: async (_target, wanted) => {
      read.push(wanted);
      const tokens = [
        { text: "He", logprob: null, top: [] },
        { text: "y", logprob: -3, top: [{ token: "x", logprob: -1 }] },
      ];
      return { text: "Hey", tokens };
    },
    ...changes,
  };
  return { app: await createTestApp({ serving }), asked, read };
}

const ask = { model: "tiny-base", prompt: "Hey" };

test("a prompt goes to the engine as it is, with OpenAI's defaults", async () => {
  const { app, asked } = await appWith();
  await using _ = app;
  const { choices, usage, object, id } = await app.json(app.post(PATH, ask));
  assert.equal(object, "text_completion");
  assert.match(id, /^cmpl-/);
  assert.deepEqual([choices[0].text, choices[0].finish_reason, choices[0].index], ["abc", "length", 0]);
  assert.deepEqual(
    [usage.prompt_tokens, usage.completion_tokens, usage.prompt_tokens_details.cached_tokens],
    [3, 2, 0],
  );
  assert.deepEqual([asked[0]?.prompt, asked[0]?.max_tokens, asked[0]?.temperature], ["Hey", 16, 1]);
});

test("several prompts with several choices are numbered prompt by prompt; each prompt counts once", async () => {
  const { app, asked } = await appWith();
  await using _ = app;
  const { choices, usage } = await app.json(app.post(PATH, { ...ask, prompt: [[1, 2], [3]], n: 2, seed: 7 }));
  assert.deepEqual(
    choices.map((one: { index: number }) => one.index),
    [0, 1, 2, 3],
  );
  assert.deepEqual(
    asked.map(({ prompt, seed }) => [prompt, seed]),
    [
      [[1, 2], 7],
      [[1, 2], 8],
      [[3], 7],
      [[3], 8],
    ],
  );
  assert.deepEqual([usage.prompt_tokens, usage.completion_tokens], [6, 8]);
});

test("echo says the prompt again, with its log-probabilities where they are asked for", async () => {
  const { app, read } = await appWith();
  await using _ = app;
  const plain = await app.json(app.post(PATH, { ...ask, prompt: [5, 6], echo: true }));
  assert.deepEqual([plain.choices[0].text, plain.choices[0].logprobs === null], ["Heyabc", false]);
  const { choices } = await app.json(app.post(PATH, { ...ask, echo: true, logprobs: 1 }));
  assert.deepEqual(choices[0].logprobs, {
    tokens: ["He", "y", "ab", "c"],
    token_logprobs: [null, -3, -1, -2],
    top_logprobs: [null, { x: -1, y: -3 }, { ab: -1 }, { c: -2 }],
    text_offset: [0, 2, 3, 5],
  });
  assert.deepEqual(read, [
    { prompt: [5, 6], top: null },
    { prompt: "Hey", top: 1 },
  ]);
});

test("a stream has the prompt first, then the pieces with their places, then the usage", async () => {
  const { app } = await appWith();
  await using _ = app;
  const request = { ...ask, echo: true, logprobs: 0, stream: true, stream_options: { include_usage: true } };
  const text = await (await app.post(PATH, request)).text();
  const chunks = dataOf(text);
  assert.deepEqual(
    chunks.map((one) => one.choices[0]?.text),
    ["Hey", "ab", "c", "", undefined],
  );
  assert.deepEqual(
    chunks.slice(0, 3).map((one) => one.choices[0].logprobs.text_offset),
    [[0, 2], [3], [5]],
  );
  assert.equal(new Set(chunks.map((one) => one.id)).size, 1);
  assert.ok(chunks.slice(0, -1).every((one) => one.usage === null));
  assert.equal(chunks.at(-1).usage.total_tokens, 5);
  assert.ok(text.endsWith("data: [DONE]\n\n"));
});

test("nothing is written where no tokens are wanted", async () => {
  const { app } = await appWith();
  await using _ = app;
  const { choices, usage } = await app.json(
    app.post(PATH, { ...ask, max_tokens: 0, echo: true, logprobs: 0 }),
  );
  assert.deepEqual(
    [choices[0].text, choices[0].logprobs.tokens, usage.completion_tokens],
    ["Hey", ["He", "y"], 0],
  );
});

test("an engine that breaks off ends a stream with an error, and a whole answer with a 503", async () => {
  const { app } = await appWith({ complete: async () => ({ status: 200, body: bytes(piece("a", -1)) }) });
  await using _ = app;
  const text = await (await app.post(PATH, { ...ask, stream: true })).text();
  assert.equal(dataOf(text).at(-1).error.code, "engine_unavailable");
  assert.equal((await app.post(PATH, ask)).status, 503);
});

test("a prompt over the context is refused in words of the prompt", async () => {
  const error = { message: "x", type: "exceed_context_size_error", n_prompt_tokens: 9000, n_ctx: 8192 };
  const { app } = await appWith({
    complete: async () => ({ status: 400, body: bytes(JSON.stringify({ error })) }),
  });
  await using _ = app;
  const response = await app.json(app.post(PATH, ask));
  assert.deepEqual([response.error.code, response.error.param], ["context_length_exceeded", "prompt"]);
  assert.match(response.error.message, /your prompt resulted in 9000 tokens/);
});

test("best_of 1 and an empty suffix ask for nothing, and are taken", async () => {
  const { app } = await appWith();
  await using _ = app;
  assert.equal((await app.post(PATH, { ...ask, best_of: 1, suffix: null, user: "u" })).status, 200);
});
