import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { silentLog } from "../platform/log.ts";
import { EngineError } from "./engine.ts";
import { base, createFolder, lacksModel, settings } from "./fixtures/real-model.ts";
import { ask, begin, isAlive, jsonOf, never, readRest, textOf, until } from "./fixtures/replies.ts";
import { createServing, type ServingSettings } from "./serving.ts";

const program = join(import.meta.dirname, "fixtures", "fake-engine.mjs");

/** Engines that are played by a small program, which behaves as the name of the adapter says. */
function setUp(changes: Partial<ServingSettings> = {}) {
  const folder = createFolder();
  const serving = createServing({
    config: { ...settings, PERENNIAL_LLAMA_SERVER: program, PERENNIAL_ENGINE_SILENCE_SECONDS: 1, ...changes },
    bases: new Map([[base.id, base]]),
    ggufOf: (id) => folder.adapter(id).path,
    peftOf: () => "",
    logFolder: join(folder.path, "logs"),
    log: silentLog,
  });
  const chat = (adapter: string, signal = never) =>
    serving.chat({ projectId: "one", base, adapter }, ask("Hi", { stream: true }), signal);
  const isIdle = () => serving.queues().every(({ working, waiting }) => working + waiting === 0);
  const pids = async () => (await serving.describe()).map(({ pid }) => pid);
  return {
    chat,
    isIdle,
    pids,
    async [Symbol.asyncDispose]() {
      await serving[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

const unavailable = { name: "Refusal", kind: "engine_unavailable" };

test("an engine that takes requests and says nothing is replaced; the request is a 503, the next one is answered", async () => {
  await using tested = setUp();
  const asked = tested.chat("mute");
  await until(async () => (await tested.pids()).length === 1);
  const [hung = 0] = await tested.pids();
  await assert.rejects(asked, unavailable);
  assert.ok(tested.isIdle());
  await until(() => !isAlive(hung));
  assert.match(await textOf(await tested.chat("good")), /DONE/);
});

test("requests that hang together are sent to the next process, each once", async () => {
  await using tested = setUp();
  const answers = await Promise.allSettled([tested.chat("mute"), tested.chat("mute")]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    ["rejected", "rejected"],
  );
  assert.ok(tested.isIdle());
});

test("an engine that falls silent in the middle of a stream ends it with an error, and frees its place", async () => {
  await using tested = setUp({ PERENNIAL_ENGINE_SLOTS: 1 });
  const pieces = await begin(await tested.chat("stall"));
  const next = tested.chat("good");
  await assert.rejects(readRest(pieces), EngineError);
  assert.match(await textOf(await next), /DONE/);
  assert.ok(tested.isIdle());
});

test("a stream that its reader leaves lying is no hang", async () => {
  await using tested = setUp();
  const pieces = await begin(await tested.chat("flood"));
  const [pid = 0] = await tested.pids();
  await new Promise((wait) => setTimeout(wait, 2_500)); // Nothing announces that nothing happens.
  assert.ok(isAlive(pid));
  await pieces.return?.();
  assert.ok(tested.isIdle());
});

test("a request that takes longer than one may is ended, streamed or not begun, and frees its place", async () => {
  const changes = { PERENNIAL_REQUEST_SECONDS: 1, PERENNIAL_ENGINE_SILENCE_SECONDS: 60 };
  await using tested = setUp(changes);
  await assert.rejects(tested.chat("mute"), { name: "Refusal", kind: "deadline_exceeded", retryAfter: 5 });
  const pieces = await begin(await tested.chat("stall"));
  await assert.rejects(readRest(pieces), { name: "Refusal", kind: "deadline_exceeded" });
  assert.ok(tested.isIdle());
});

test("a client that leaves an engine that says nothing frees its place at once", async () => {
  await using tested = setUp({ PERENNIAL_ENGINE_SILENCE_SECONDS: 60 });
  const leaving = new AbortController();
  const asked = tested.chat("mute", leaving.signal);
  await until(async () => (await tested.pids()).length === 1);
  leaving.abort();
  assert.ok(tested.isIdle());
  await assert.rejects(asked, { name: "AbortError" });
});

test("kill -9 in the middle of a stream ends it with an error; the next request is answered", async () => {
  await using tested = setUp();
  const pieces = await begin(await tested.chat("stall"));
  const [pid = 0] = await tested.pids();
  process.kill(pid, "SIGKILL");
  await assert.rejects(readRest(pieces), EngineError);
  assert.match(await textOf(await tested.chat("good")), /DONE/);
  assert.ok(tested.isIdle());
});

test("a model whose adapter makes the engine crash is a 503 with Retry-After, others are answered", async () => {
  await using tested = setUp();
  const [broken, good] = await Promise.allSettled([tested.chat("crash"), tested.chat("good")]);
  assert.ok(broken.status === "rejected" && broken.reason.kind === "engine_unavailable");
  assert.ok(broken.reason.retryAfter >= 1);
  assert.ok(good.status === "fulfilled");
  await good.value.body[Symbol.asyncIterator]().return?.();
  assert.ok(tested.isIdle());
});

const real = { skip: lacksModel };

test("a base whose file is gone is a 503 with Retry-After, and answers once it is back", real, async () => {
  using folder = createFolder();
  const gguf = join(folder.path, "model.gguf");
  await using serving = createServing({
    config: settings,
    bases: new Map([[base.id, { ...base, gguf }]]),
    ggufOf: (id) => folder.adapter(id).path,
    peftOf: () => "",
    logFolder: folder.path,
    log: silentLog,
  });
  const chat = () => serving.chat({ projectId: "one", base, adapter: null }, ask("Hi"), never);
  await assert.rejects(chat(), unavailable);
  symlinkSync(base.gguf, gguf);
  await until(() => chat().then(Boolean, () => false));
  assert.deepEqual(serving.queues(), [{ base: base.id, working: 0, waiting: 0 }]);
});

test("a model whose adapter's file is gone is a 503; the base answers", real, async () => {
  using folder = createFolder();
  await using serving = createServing({
    config: settings,
    bases: new Map([[base.id, base]]),
    ggufOf: (id) => folder.adapter(id).path,
    peftOf: () => "",
    logFolder: folder.path,
    log: silentLog,
  });
  const chat = (adapter: string | null) =>
    serving.chat({ projectId: "one", base, adapter }, ask("Hi"), never);
  await assert.rejects(chat("lost"), unavailable);
  assert.equal((await jsonOf(await chat(null))).object, "chat.completion");
  assert.deepEqual(serving.queues(), [{ base: base.id, working: 0, waiting: 0 }]);
});
