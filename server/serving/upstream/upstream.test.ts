import assert from "node:assert/strict";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import type { UpstreamServer } from "../../models/upstreams.ts";
import { EngineError, EngineRefusal } from "../engine.ts";
import { ask, begin, jsonOf, never, readRest, textOf } from "../fixtures/replies.ts";
import { answerJson, type Play, playUpstream } from "./fixtures/openai-server.ts";
import { createUpstreamPools } from "./pool.ts";

const completion = { choices: [{ message: { content: "Hello." }, finish_reason: "stop" }] };
const chunk = `data: ${JSON.stringify({ choices: [{ delta: { content: "Hel" } }] })}\n\n`;

async function withUpstream(play: Play, more: Partial<UpstreamServer> = {}) {
  const upstream = await playUpstream(play);
  const server = { name: "acme", url: upstream.url, apiKey: "sk-theirs", concurrency: 4, ...more };
  const pool = createUpstreamPools()({
    id: "fast",
    model: "acme-fast-1",
    contextLength: 1000,
    createdAt: 0,
    server,
  });
  return {
    ...upstream,
    engine: pool.engine(null, "p"),
    async [Symbol.asyncDispose]() {
      await pool[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
    },
  };
}

const askedError =
  (message: RegExp, more: Partial<EngineError> = {}) =>
  (error: unknown) => {
    assert.ok(error instanceof EngineError);
    assert.match(error.message, message);
    assert.deepEqual({ ...error, ...more }, { ...error });
    return true;
  };

test("a request goes out under the upstream's name for the model, with its key, without our engines' own settings", async () => {
  await using upstream = await withUpstream(answerJson(200, completion));
  const request = ask("Hi", { top_k: 0, min_p: 0, model: "fast" });
  const reply = await upstream.engine.chat(request, never);
  assert.deepEqual([reply.status, await jsonOf(reply)], [200, completion]);
  const [{ path, headers, body }] = upstream.received as [(typeof upstream.received)[0]];
  assert.equal(path, "/v1/chat/completions");
  assert.equal(headers.authorization, "Bearer sk-theirs");
  assert.deepEqual(body, { ...ask("Hi"), model: "acme-fast-1" });
});

test("no key is sent where there is none; older completions have their own path", async () => {
  await using upstream = await withUpstream(answerJson(200, { choices: [{ text: "x" }] }), { apiKey: null });
  await textOf(await upstream.engine.complete({ prompt: "a" }, never));
  assert.equal(upstream.received[0]?.path, "/v1/completions");
  assert.equal(upstream.received[0]?.headers.authorization, undefined);
});

test("what the caller did wrong is told in the upstream's words", async () => {
  const error = { error: { message: "messages: too few", type: "invalid_request_error", param: "messages" } };
  await using upstream = await withUpstream(answerJson(400, error));
  const reply = await upstream.engine.chat(ask("Hi"), never);
  assert.deepEqual([reply.status, await jsonOf(reply)], [400, error]);
});

for (const [status, says] of [
  [401, /did not accept this server's key/],
  [403, /does not let this server's key/],
  [404, /does not have the model/],
  [429, /has too much to do/],
  [500, /answered with status 500/],
] as const) {
  test(`a ${status} of the upstream is no fault of the caller`, async () => {
    const leak = { error: { message: "Incorrect API key provided: sk-theirs" } };
    await using upstream = await withUpstream(answerJson(status, leak, { "retry-after": "7" }));
    await assert.rejects(
      upstream.engine.chat(ask("Hi"), never),
      askedError(says, { retryAfterSeconds: 7, isRetryable: false }),
    );
    assert.equal(upstream.received.length, 1);
  });
}

test("a connection that the upstream has closed is opened again", async () => {
  let asked = 0;
  await using upstream = await withUpstream((response, received) => {
    asked += 1;
    if (asked === 2) response.destroy();
    else answerJson(200, completion)(response, received);
  });
  for (let turn = 0; turn < 2; turn += 1)
    assert.equal((await jsonOf(await upstream.engine.chat(ask("Hi"), never))).choices.length, 1);
  assert.equal(asked, 3);
});

test("an upstream that is not there is an engine that does not answer", async () => {
  const upstream = await withUpstream(answerJson(200, completion));
  await upstream[Symbol.asyncDispose]();
  await using gone = await withUpstream(answerJson(200, completion), { url: upstream.url });
  await assert.rejects(gone.engine.chat(ask("Hi"), never), askedError(/acme could not be reached/));
});

test("a stream that breaks off is an error after what came of it", async () => {
  await using upstream = await withUpstream((response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(chunk, () => response.destroy());
  });
  const pieces = await begin(await upstream.engine.chat(ask("Hi", { stream: true }), never));
  await assert.rejects(readRest(pieces), askedError(/broke off/));
});

for (const isBegun of [true, false]) {
  test(`a caller that leaves ends the request ${isBegun ? "in mid-stream" : "before its answer"}`, async () => {
    const asked = Promise.withResolvers<ServerResponse>();
    await using upstream = await withUpstream((response) => {
      if (isBegun) response.write(chunk);
      asked.resolve(response);
    });
    const leaving = new AbortController();
    const reply = upstream.engine.chat(ask("Hi", { stream: true }), leaving.signal);
    const response = await asked.promise;
    if (isBegun) await begin(await reply);
    const ended = isBegun ? reply : assert.rejects(reply, /left/);
    const closed = once(response, "close");
    leaving.abort(new Error("left"));
    await Promise.all([closed, ended]);
  });
}

test("a reader that leaves a stream ends the request", async () => {
  const asked = Promise.withResolvers<ServerResponse>();
  await using upstream = await withUpstream((response) => {
    response.write(chunk);
    asked.resolve(response);
  });
  const pieces = await begin(await upstream.engine.chat(ask("Hi", { stream: true }), never));
  const closed = once(await asked.promise, "close");
  await pieces.return?.();
  await closed;
});

test("what needs the model's tokens is refused in words", async () => {
  await using upstream = await withUpstream(answerJson(200, completion));
  const prompt = { messages: [{ role: "user", content: "Hi" }], tools: null };
  await assert.rejects(upstream.engine.renderPrompt(prompt, never), EngineRefusal);
  await assert.rejects(upstream.engine.readPrompt([1, 2], null, never), EngineRefusal);
  assert.deepEqual(await upstream.engine.readPrompt("as it is", null, never), {
    text: "as it is",
    tokens: [],
  });
});
