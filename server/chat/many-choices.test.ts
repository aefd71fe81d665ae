import assert from "node:assert/strict";
import { test } from "node:test";
import { Refusal } from "../../contract/errors.ts";
import type { Serving } from "../assemble.ts";
import { dataOf, end, piece, usage } from "../generation/fixtures/played-answers.ts";
import { createGate } from "../platform/gate.ts";
import { createTestApp } from "../test-app.ts";

/** Engines that work on two requests at a time; a place is free again once its answer has been read to the end. */
function twoPlaces(answer: readonly string[]) {
  const gate = createGate(2, Number.POSITIVE_INFINITY);
  let most = 0;
  let working = 0;
  let asked = 0;
  async function ask(_target: unknown, { stream }: Record<string, unknown>) {
    const begun = Promise.withResolvers<void>();
    const read = Promise.withResolvers<void>();
    void gate.run(() => {
      begun.resolve();
      return read.promise;
    });
    await begun.promise;
    asked += 1;
    working += 1;
    most = Math.max(most, working);
    async function* body() {
      try {
        for (const text of stream ? answer : [whole]) yield Buffer.from(text);
      } finally {
        working -= 1;
        read.resolve();
      }
    }
    return { status: 200, body: body() };
  }
  return { ask, most: () => most, asked: () => asked };
}

const DONE = "data: [DONE]\n\n";
const whole = JSON.stringify({
  choices: [{ finish_reason: "stop", message: { role: "assistant", content: "hi" } }],
  usage: { prompt_tokens: 4, completion_tokens: 2, total_tokens: 6 },
});
const CHAT = "/v1/chat/completions";
const request = { model: "tiny-base", messages: [{ role: "user", content: "hi" }] };

test("a stream of more choices than the engine has places comes to its end", async () => {
  const { ask, most } = twoPlaces([piece("a"), piece("b"), end, usage, DONE]);
  await using app = await createTestApp({ serving: { chat: ask } });
  const text = await (await app.post(CHAT, { ...request, n: 40, stream: true })).text();
  const pieces = dataOf(text).flatMap(({ choices }) => choices);
  for (let index = 0; index < 40; index += 1) {
    const own = pieces.filter((choice) => choice.index === index);
    assert.deepEqual(own.map(({ delta }) => delta.content ?? "").join(""), "ab");
    assert.equal(own.at(-1).finish_reason, "stop");
  }
  assert.ok(text.endsWith(DONE));
  assert.equal(most(), 2);
});

test("so does a whole answer of as many", async () => {
  const { ask, most } = twoPlaces([]);
  await using app = await createTestApp({ serving: { chat: ask } });
  const { choices, usage: used } = await app.json(app.post(CHAT, { ...request, n: 40 }));
  assert.deepEqual([choices.length, used.completion_tokens, most()], [40, 80, 2]);
});

const textPiece = (text: string, finish_reason: string | null) =>
  `data: ${JSON.stringify({
    choices: [{ text, finish_reason, logprobs: null }],
    usage: finish_reason && { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
  })}\n\n`;

for (const stream of [true, false]) {
  test(`so do many prompts of an older completion, ${stream ? "streamed" : "whole"}`, async () => {
    const { ask, most } = twoPlaces([textPiece("a", null), textPiece("b", "length"), DONE]);
    const complete: Serving["complete"] = (target) => ask(target, { stream: true });
    await using app = await createTestApp({ serving: { complete } });
    const prompt = Array.from({ length: 20 }, (_, place) => `prompt ${place}`);
    const response = await app.post("/v1/completions", { model: "tiny-base", prompt, n: 2, stream });
    const answers = stream ? dataOf(await response.text()) : [await app.json(response)];
    const choices = answers.flatMap((one) => one.choices);
    for (let index = 0; index < 40; index += 1) {
      const own = choices.filter((choice) => choice.index === index);
      assert.equal(own.map(({ text }) => text).join(""), "ab");
    }
    assert.equal(most(), 2);
  });
}

test("a choice that fails ends the stream with an error event, and no more are asked for", async () => {
  const { ask, asked } = twoPlaces([piece("a"), end, usage, DONE]);
  const chat: Serving["chat"] = async (target, body) => {
    if (asked() >= 3) throw new Error("broken");
    return ask(target, body);
  };
  await using app = await createTestApp({ serving: { chat } });
  const text = await (await app.post(CHAT, { ...request, n: 40, stream: true })).text();
  assert.equal(dataOf(text).at(-1).error.code, "engine_unavailable");
  assert.ok(asked() < 20);
});

const overloaded = () => new Refusal("engine_overloaded", "try later", null, 5);

for (const stream of [true, false]) {
  test(`a choice that waits in vain beside others is asked for again, ${stream ? "streamed" : "whole"}`, async () => {
    let working = 0;
    let refused = 0;
    const chat: Serving["chat"] = async () => {
      if (working >= 2) refused += 1;
      if (working >= 2) throw overloaded();
      working += 1;
      async function* body() {
        await new Promise((resolve) => setImmediate(resolve)); // Others find no place meanwhile, again and again.
        try {
          for (const text of stream ? [piece("a"), end, usage, DONE] : [whole]) yield Buffer.from(text);
        } finally {
          working -= 1;
        }
      }
      return { status: 200, body: body() };
    };
    await using app = await createTestApp({ serving: { chat } });
    const response = await app.post(CHAT, { ...request, n: 6, stream });
    assert.equal(response.status, 200);
    const answers = stream ? dataOf(await response.text()) : [await app.json(response)];
    const indexes = new Set(answers.flatMap(({ choices }) => choices).map(({ index }) => index));
    assert.equal(indexes.size, 6);
    assert.ok(refused >= 4 && refused <= 20, `${refused} times in vain`);
  });

  test(`where all wait in vain it is a refusal, ${stream ? "streamed" : "whole"}`, async () => {
    const chat: Serving["chat"] = async () => {
      throw overloaded();
    };
    await using app = await createTestApp({ serving: { chat } });
    const response = await app.post(CHAT, { ...request, n: 6, stream });
    assert.deepEqual([response.status, response.headers.get("retry-after")], [503, "5"]);
    assert.equal((await app.json(response)).error.code, "engine_overloaded");
  });
}
