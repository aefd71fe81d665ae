import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import OpenAI from "openai";
import { zodResponsesFunction, zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";
import { appWith, callPiece, calls, playedEngine, text } from "../../server/test-responses.ts";
import { type Conformance, createConformance, lacksSchemas } from "../support/conformance.ts";
import { BASE, lacksModel, PROJECT_KEY, python, type Server, startServer } from "../support/server.ts";

const run = promisify(execFile);

const weather = {
  type: "function" as const,
  name: "get_weather",
  description: "The weather of a city.",
  parameters: {
    type: "object",
    properties: { city: { type: "string", enum: ["Rome", "Oslo"] } },
    required: ["city"],
    additionalProperties: false,
  },
  strict: true,
};

/** What the client's own helpers make of calls, which a model as small as the embedded one seldom writes. */
test("the client's stream and parse helpers read calls, and their outputs are answered", async () => {
  const engine = playedEngine(
    calls(
      callPiece(0, '{"city"', "get_weather"),
      callPiece(0, ':"Rome"}'),
      callPiece(1, '{"city":"Oslo"}', "get_weather"),
    ),
    calls(callPiece(0, '{"city":"Rome"}', "get_weather")),
    text("Sunny."),
  );
  await using app = await appWith(engine.chat);
  const conformance = createConformance(async (input, init) => app.app.request(new Request(input, init)));
  const client = new OpenAI({
    baseURL: "http://test/v1",
    apiKey: "sk-test-project",
    fetch: conformance.fetch,
  });
  const request = { model: "tiny-base", input: "The weather?", tools: [weather] };
  const stream = client.responses.stream({ ...request, tool_choice: "required" });
  let written = "";
  stream.on("response.function_call_arguments.delta", ({ delta }) => {
    written += delta;
  });
  const called = await stream.finalResponse();
  assert.equal(written, '{"city":"Rome"}{"city":"Oslo"}');
  const input = called.output.map((item) => {
    assert.ok(item.type === "function_call");
    return { type: "function_call_output" as const, call_id: item.call_id, output: "Sunny." };
  });
  const tools = [zodResponsesFunction({ name: "get_weather", parameters: z.object({ city: z.string() }) })];
  const parsed = await client.responses.parse({ ...request, tools, input, previous_response_id: called.id });
  assert.ok(parsed.output[0]?.type === "function_call");
  assert.deepEqual(parsed.output[0].parsed_arguments, { city: "Rome" });
  // As its users do, the whole of an answer is sent back, with what the helper added to it.
  const items = [
    { role: "user" as const, content: "The weather?" },
    ...parsed.output.filter((item) => item.type === "function_call"),
    { type: "function_call_output" as const, call_id: parsed.output[0].call_id, output: "Sunny." },
  ];
  const answer = await client.responses.create({ ...request, input: items, store: false });
  assert.equal(answer.output_text, "Sunny.");
  assert.deepEqual(conformance.failures, []);
});

/** The official clients against the real server with the real model. */
describe("responses and conversations in the official clients", { skip: lacksModel }, () => {
  let server: Server;
  let client: OpenAI;
  let conformance: Conformance;

  before(async () => {
    server = await startServer();
    conformance = createConformance();
    client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: PROJECT_KEY, fetch: conformance.fetch });
  });
  after(async () => {
    await server?.[Symbol.asyncDispose]();
  });

  const short = { model: BASE, max_output_tokens: 16, temperature: 0 };

  test("a response is created, read, gone on from and deleted", async () => {
    const first = await client.responses.create({ ...short, input: "Say hello.", instructions: "Be brief." });
    assert.ok(first.output_text.length > 0);
    assert.ok((first.usage?.output_tokens ?? 0) > 0);
    const read = await client.responses.retrieve(first.id);
    assert.equal(read.output_text, first.output_text);
    const second = await client.responses.create({
      ...short,
      input: [{ role: "user", content: "And goodbye." }],
      previous_response_id: first.id,
    });
    assert.ok((second.usage?.input_tokens ?? 0) > 20);
    const items = await client.responses.inputItems.list(second.id);
    assert.equal(items.data.length, 1);
    await client.responses.delete(first.id);
    await assert.rejects(client.responses.retrieve(first.id), { status: 404, code: "response_not_found" });
  });

  test("the count of input tokens is what a response then reads, with tools and a format too", async () => {
    const plain = { model: BASE, input: "Say hello to Bob.", instructions: "Be brief." };
    const format = { type: "json_schema" as const, name: "n", schema: { type: "object" } };
    for (const more of [{}, { tools: [weather], text: { format } }]) {
      const counted = await client.responses.inputTokens.count({ ...plain, ...more });
      const made = await client.responses.create({ ...plain, ...more, max_output_tokens: 16 });
      assert.equal(counted.input_tokens, made.usage?.input_tokens);
    }
  });

  test("the stream helper tells the same as the events, and is taken up where it was left", async () => {
    const stream = client.responses.stream({ ...short, input: "Count to five." });
    let text = "";
    let seen = 0;
    stream.on("response.output_text.delta", ({ delta }) => {
      text += delta;
    });
    for await (const event of stream) {
      assert.equal(event.sequence_number, seen);
      seen += 1;
    }
    const final = await stream.finalResponse();
    assert.equal(final.output_text, text);
    const rest = await client.responses.retrieve(final.id, { stream: true, starting_after: 5 });
    const numbers: number[] = [];
    for await (const event of rest) numbers.push(event.sequence_number);
    assert.deepEqual(
      numbers,
      Array.from({ length: seen - 6 }, (_, index) => index + 6),
    );
    const again = client.responses.stream({ response_id: final.id, starting_after: 5 });
    assert.equal((await again.finalResponse()).output_text, text);
  });

  test("parse gives an object by a zod schema", async () => {
    const City = z.object({ city: z.enum(["Rome", "Oslo"]) });
    const parsed = await client.responses.parse({
      ...short,
      max_output_tokens: 40,
      input: "Give a city.",
      text: { format: zodTextFormat(City, "city") },
    });
    assert.ok(["Rome", "Oslo"].includes(parsed.output_parsed?.city ?? ""));
  });

  test("a background response is polled, followed and cancelled", async () => {
    const queued = await client.responses.create({ ...short, input: "Say hello.", background: true });
    assert.equal(queued.status, "queued");
    let now = queued;
    while (now.status === "queued" || now.status === "in_progress") {
      await new Promise((wait) => setTimeout(wait, 50));
      now = await client.responses.retrieve(queued.id);
    }
    assert.ok(now.status === "completed" || now.status === "incomplete", now.status ?? "none");
    // Without the check of schemas, which reads a stream to its end before it is given.
    const plain = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: PROJECT_KEY });
    const long = await plain.responses.create({
      model: BASE,
      input: "Write a very long story.",
      background: true,
      stream: true,
    });
    let id = "";
    for await (const event of long) {
      if (event.type === "response.created") id = event.response.id;
      if (event.type === "response.output_text.delta") break;
    }
    const cancelled = await client.responses.cancel(id);
    assert.equal(cancelled.status, "cancelled");
    const ended = client.responses.stream({ response_id: id });
    assert.equal((await ended.finalResponse()).status, "cancelled");
  });

  test("a conversation remembers, and is managed item by item", async () => {
    const conversation = await client.conversations.create({
      metadata: { topic: "demo" },
      items: [{ type: "message", role: "user", content: "My name is Ann." }],
    });
    await client.responses.create({ ...short, conversation: conversation.id, input: "Hello." });
    const items = [];
    for await (const item of client.conversations.items.list(conversation.id, { limit: 2, order: "asc" }))
      items.push(item);
    assert.deepEqual(
      items.map((item) => item.type === "message" && item.role),
      ["user", "user", "assistant"],
    );
    const added = await client.conversations.items.create(conversation.id, {
      items: [{ type: "message", role: "developer", content: "Be kind." }],
    });
    const first = added.first_id;
    assert.equal(
      (await client.conversations.items.retrieve(first, { conversation_id: conversation.id })).id,
      first,
    );
    await client.conversations.items.delete(first, { conversation_id: conversation.id });
    const updated = await client.conversations.update(conversation.id, { metadata: { topic: "x" } });
    assert.deepEqual((await client.conversations.retrieve(conversation.id)).metadata, updated.metadata);
    assert.equal((await client.conversations.delete(conversation.id)).deleted, true);
  });

  test("every answer and event on the way has OpenAI's own schema", { skip: lacksSchemas }, () => {
    assert.deepEqual(conformance.failures, []);
    for (const name of ["Response", "ResponseStreamEvent", "ConversationItemList", "TokenCountsResource"])
      assert.ok((conformance.checked.get(name) ?? 0) > 0, `no ${name} was checked`);
  });

  test("the openai package for Python does the same, in strict mode", async () => {
    const script = join(import.meta.dirname, "python_responses.py");
    const { stdout } = await run(python, [script, `${server.url}/v1`, PROJECT_KEY, BASE], {
      timeout: 300_000,
    });
    assert.equal(stdout.trim(), "ok");
  });
});
