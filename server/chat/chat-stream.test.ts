import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { ChatRequest } from "../../contract/chat.ts";
import type { Serving } from "../assemble.ts";
import {
  bytes,
  CHAT,
  dataOf,
  end,
  hello,
  piece,
  playedEngine,
  usage,
} from "../generation/fixtures/played-answers.ts";
import { createTestApp } from "../test-app.ts";
import { createMeter } from "../usage/meter.ts";
import { createChat } from "./chat.ts";

async function appWithEngine(answer: () => AsyncIterable<Uint8Array>, status = 200) {
  const { chat, asked } = playedEngine(answer, status);
  return { app: await createTestApp({ serving: { chat } }), asked };
}

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

test("a stream that ends without an answer ends with an error event", async () => {
  const { app } = await appWithEngine(() => bytes(usage, "data: [DONE]\n\n"));
  await using _ = app;
  const text = await (await app.post(CHAT, { ...hello, stream: true })).text();
  assert.equal(dataOf(text).at(-1).error.code, "engine_unavailable");
});

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

/** Resolves once the signal has ended it, as engines' replies do. */
async function* untilAborted(
  signal: AbortSignal,
  said: readonly string[] = [piece("x")],
): AsyncGenerator<Uint8Array> {
  for (const text of said) yield Buffer.from(text);
  if (!signal.aborted) await once(signal, "abort");
  throw signal.reason;
}

for (const stream of [false, true]) {
  test(`the first choice that fails ends the others' requests, ${stream ? "streamed" : "whole"}`, async () => {
    const signals: AbortSignal[] = [];
    const chat: Serving["chat"] = async (_target, _body, signal) => {
      signals.push(signal);
      return signals.length === 2
        ? { status: 500, body: bytes("{}") }
        : { status: 200, body: untilAborted(signal, []) };
    };
    await using app = await createTestApp({ serving: { chat } });
    const response = await app.post(CHAT, { ...hello, n: 3, stream });
    assert.equal(response.status, 503);
    assert.deepEqual(
      signals.map((signal) => signal.aborted),
      [true, true, true],
    );
  });
}

test("a choice that breaks off in the middle ends the others' streams", async () => {
  let asked = 0;
  const chat: Serving["chat"] = async (_target, _body, signal) => {
    asked += 1;
    return { status: 200, body: asked === 2 ? bytes(piece("he")) : untilAborted(signal) };
  };
  await using app = await createTestApp({ serving: { chat } });
  const text = await (await app.post(CHAT, { ...hello, n: 3, stream: true })).text();
  assert.equal(dataOf(text).at(-1).error.code, "engine_unavailable");
});

const base = {
  id: "tiny-base",
  gguf: "",
  hf: "",
  contextLength: 8192,
  parameters: 1,
  createdAt: 0,
};

test("a client that leaves a stream is no fault: a line without a stack", async () => {
  const logged: unknown[][] = [];
  const note = (level: string) => (facts: object, message: string) =>
    void logged.push([level, Object.keys(facts), message]);
  const chat = createChat({
    resolve: async () => ({ projectId: "proj_1", model: base.id, base, adapter: null, dates: null }),
    save: async () => {},
    deprecationsPage: "http://localhost/deprecations",
    send: async (_target, _body, signal) => ({ status: 200, body: untilAborted(signal) }),
    now: () => 0,
    log: { info: note("info"), warn: note("warn"), error: note("error") },
  });
  const leaving = new AbortController();
  const request = ChatRequest.parse({ ...hello, stream: true });
  const asker = { projectId: "proj", organizationId: "org", keyId: "key" };
  const ended: string[] = [];
  const meter = createMeter(
    { ...asker, requestId: "req_1", endpoint: "chat", model: base.id, isStreamed: true },
    { now: () => 0, onAnswered: async () => {}, onEnded: ({ status }) => ended.push(status) },
  );
  const events = await chat.stream(
    await chat.open(asker, request, { meter, admit: () => {} }),
    leaving.signal,
  );
  await events.next();
  const rest = events.next();
  leaving.abort();
  assert.equal((await rest).done, true);
  assert.deepEqual(logged, [["info", ["completionId"], "the client left a stream"]]);
  assert.deepEqual(ended, ["cancelled"]);
});
