import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import OpenAI from "openai";
import { zodFunction, zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";
import { type Conformance, createConformance, lacksSchemas } from "../support/conformance.ts";
import { BASE, lacksModel, PROJECT_KEY, python, type Server, startServer } from "../support/server.ts";

const run = promisify(execFile);
const user = (content: string) => [{ role: "user" as const, content }];
const weather = {
  type: "object",
  properties: { city: { type: "string", enum: ["Rome", "Oslo"] }, unit: { enum: ["c", "f"] } },
  required: ["city", "unit"],
  additionalProperties: false,
};
const tool = (name: string, parameters: Record<string, unknown> = weather) => ({
  type: "function" as const,
  function: { name, parameters, strict: true },
});
const tools = [tool("weather"), tool("forecast")];

/** Chat completions, kept ones and the older completions, as the official clients use them, with the real model. */
describe("chat by the openai packages", { skip: lacksModel }, () => {
  let server: Server;
  let client: OpenAI;
  let conformance: Conformance;

  before(async () => {
    server = await startServer({ env: { PERENNIAL_ENGINE_THREADS: "1" } });
    conformance = createConformance();
    client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: PROJECT_KEY, fetch: conformance.fetch });
  });
  after(async () => {
    await server?.[Symbol.asyncDispose]();
  });

  const ask = { model: BASE, temperature: 0, messages: user("What is the weather in Oslo?") };

  test("a tool that must be called is called by its schema", async () => {
    const { choices, usage } = await client.chat.completions.create({
      ...ask,
      tools,
      tool_choice: { type: "function", function: { name: "forecast" } },
      parallel_tool_calls: false,
    });
    const call = choices[0]?.message.tool_calls?.[0];
    assert.ok(call?.type === "function");
    assert.equal(call.function.name, "forecast");
    assert.ok(["Rome", "Oslo"].includes(JSON.parse(call.function.arguments).city));
    assert.equal(choices[0]?.finish_reason, "tool_calls");
    assert.equal(usage?.completion_tokens_details?.reasoning_tokens, 0);
  });

  test("several calls are streamed, each under its index, as the stream helper puts them together", async () => {
    const stream = client.chat.completions.stream({
      ...ask,
      tools: [tool("red", {}), tool("green", {})].map(({ type, function: { name } }) => ({
        type,
        function: { name },
      })),
      tool_choice: "required",
      max_tokens: 200,
    });
    const completion = await stream.finalChatCompletion();
    const calls = completion.choices[0]?.message.tool_calls ?? [];
    assert.ok(calls.length > 1);
    assert.equal(new Set(calls.map(({ id }) => id)).size, calls.length);
    for (const call of calls) assert.ok(call.type === "function" && call.function.arguments.startsWith("{"));
  });

  test("runTools calls the function with arguments that were checked", async () => {
    const called: unknown[] = [];
    const parameters = z.object({ city: z.enum(["Rome", "Oslo"]) });
    const runner = client.chat.completions.runTools({
      ...ask,
      tools: [
        zodFunction({
          name: "weather",
          parameters,
          function: (given) => {
            called.push(given);
            return "sunny";
          },
        }),
      ],
      tool_choice: { type: "function", function: { name: "weather" } },
    });
    assert.equal(await runner.finalFunctionToolCallResult(), "sunny");
    assert.equal(called.length, 1);
    parameters.parse(called[0]);
  });

  test("parse gives what a zod schema says: references, unions, enums, nested lists", async () => {
    const leaf = z.object({ kind: z.literal("leaf"), size: z.number().int().min(1).max(9) });
    const Answer = z.object({
      name: z.enum(["oak", "elm"]),
      parts: z
        .array(z.union([leaf, z.object({ kind: z.literal("root"), deep: z.boolean() })]))
        .min(1)
        .max(2),
      grid: z.array(z.array(z.boolean()).length(1)).max(2),
      note: z.string().max(5).nullable(),
    });
    const { choices } = await client.chat.completions.parse({
      model: BASE,
      seed: 3,
      messages: user("Describe a tree."),
      response_format: zodResponseFormat(Answer, "tree"),
    });
    Answer.parse(choices[0]?.message.parsed);
    assert.equal(choices[0]?.finish_reason, "stop");
  });

  test("json_object is an object of JSON", async () => {
    const { choices } = await client.chat.completions.create({
      ...ask,
      messages: user("Give JSON with a city."),
      response_format: { type: "json_object" },
      max_tokens: 150,
      temperature: 0.2,
      seed: 2,
    });
    if (choices[0]?.finish_reason === "stop") JSON.parse(choices[0].message.content ?? "");
    assert.match(choices[0]?.message.content ?? "", /^\{/);
  });

  test("stop sequences end the answer and are not in it", async () => {
    const list = { ...ask, messages: user("Count: one, two, three, four.") };
    const whole = await client.chat.completions.create({ ...list, max_tokens: 20 });
    const text = whole.choices[0]?.message.content ?? "";
    const [, word = ""] = /\s(\w+)/.exec(text) ?? [];
    const cut = await client.chat.completions.create({ ...list, max_tokens: 20, stop: ["\u0000", word] });
    assert.equal(cut.choices[0]?.message.content, text.slice(0, text.indexOf(word)));
    assert.equal(cut.choices[0]?.finish_reason, "stop");
  });

  test("log-probabilities have their tokens' bytes; a bias makes a token certain, or impossible", async () => {
    const plain = await client.chat.completions.create({ ...ask, max_tokens: 2, logprobs: true });
    const [first] = plain.choices[0]?.logprobs?.content ?? [];
    assert.deepEqual(first?.bytes, [...Buffer.from(first?.token ?? "")]);
    assert.deepEqual(first?.top_logprobs, []);
    const ban = await client.chat.completions.create({ ...ask, max_tokens: 1, logit_bias: { "504": -100 } });
    assert.notEqual(ban.choices[0]?.message.content, "The");
    const force = await client.chat.completions.create({ ...ask, max_tokens: 2, logit_bias: { "504": 100 } });
    assert.equal(force.choices[0]?.message.content, "TheThe");
  });

  test("a seed repeats an answer, choices differ, penalties are taken, usage comes last", async () => {
    const request = {
      model: BASE,
      messages: user("Say a word."),
      max_tokens: 6,
      seed: -5,
      presence_penalty: 0.5,
    };
    const textsOf = async (n: number) => {
      const { choices } = await client.chat.completions.create({ ...request, n });
      return choices.map((choice) => choice.message.content);
    };
    // Once it is in the cache the prompt is read the same way each time; choices that run together are rounded otherwise.
    assert.equal(new Set(await textsOf(3)).size, 3);
    assert.deepEqual(await textsOf(1), await textsOf(1));
    const stream = await client.chat.completions.create({
      ...request,
      n: 3,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = await Array.fromAsync(stream);
    const { choices, usage } = chunks.at(-1) ?? {};
    assert.ok(choices?.length === 0 && (usage?.completion_tokens ?? 0) > 3);
  });

  test("stored completions are listed, read, changed and deleted", async () => {
    const made = await client.chat.completions.create({
      ...ask,
      max_tokens: 2,
      store: true,
      metadata: { team: "red" },
    });
    const streamed = client.chat.completions.stream({
      ...ask,
      max_tokens: 2,
      store: true,
      metadata: { team: "blue" },
    });
    for await (const _ of streamed);
    const listed = await Array.fromAsync(client.chat.completions.list({ limit: 1 }));
    assert.deepEqual([listed.length, listed[0]?.id], [2, made.id]);
    const blue = await client.chat.completions.list({ metadata: { team: "blue" } });
    assert.equal(blue.data[0]?.usage?.completion_tokens, 2);
    const messages = await client.chat.completions.messages.list(made.id);
    assert.equal(messages.data[0]?.content, ask.messages[0]?.content);
    await client.chat.completions.update(made.id, { metadata: { team: "green" } });
    assert.deepEqual((await client.chat.completions.retrieve(made.id)).metadata, { team: "green" });
    assert.equal((await client.chat.completions.delete(made.id)).deleted, true);
    await assert.rejects(client.chat.completions.retrieve(made.id), { status: 404 });
  });

  test("the older completions: text, echo, tokens, streams", async () => {
    const request = { model: BASE, prompt: "The capital of France is", max_tokens: 2, temperature: 0 };
    const plain = await client.completions.create({ ...request, logprobs: 2 });
    assert.deepEqual(plain.choices[0]?.logprobs?.tokens, [" Paris", "."]);
    const echoed = await client.completions.create({ ...request, echo: true, n: 2 });
    assert.deepEqual(
      echoed.choices.map(({ text }) => text),
      Array(2).fill(`${request.prompt} Paris.`),
    );
    const stream = await client.completions.create({
      ...request,
      prompt: [504, 3575, 282, 4649, 314],
      stream: true,
    });
    let text = "";
    for await (const chunk of stream) text += chunk.choices[0]?.text ?? "";
    assert.equal(text, " Paris.");
    // As OpenAI answers it, and not as its schema says: before the first token there is nothing to be likely after.
    const unchecked = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: PROJECT_KEY });
    const scored = await unchecked.completions.create({ ...request, echo: true, logprobs: 1, max_tokens: 0 });
    const logprobs = scored.choices[0]?.logprobs?.token_logprobs ?? [];
    assert.equal(logprobs[0], null);
    assert.ok(logprobs.length === 5 && logprobs.slice(1).every((one) => one < 0));
  });

  test("every answer on the way has OpenAI's own schema", { skip: lacksSchemas }, () => {
    assert.deepEqual(conformance.failures, []);
    for (const name of [
      "ChatCompletionList",
      "ChatCompletionDeleted",
      "CreateCompletionResponse",
      "CreateChatCompletionStreamResponse",
    ])
      assert.ok((conformance.checked.get(name) ?? 0) > 0, `no ${name} was checked`);
  });

  test("the openai package for Python, in strict mode", async () => {
    const script = join(import.meta.dirname, "chat_sdk.py");
    const { stdout } = await run(python, [script, `${server.url}/v1`, PROJECT_KEY, BASE], {
      timeout: 300_000,
    });
    assert.equal(stdout.trim(), "ok");
  });
});
