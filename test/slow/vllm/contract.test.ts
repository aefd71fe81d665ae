import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { EngineError, type RunningEngine } from "../../../server/serving/engine.ts";
import { testEngine } from "../../../server/serving/engine-contract.ts";
import { base, createFolder, type Folder } from "../../../server/serving/fixtures/real-model.ts";
import { answer, ask, eventsOf, jsonOf, never } from "../../../server/serving/fixtures/replies.ts";
import { distance, signature } from "../../../server/serving/fixtures/signature.ts";
import { startVllm } from "../../../server/serving/vllm/process.ts";
import { lacksVllm, vllmPython } from "./support/vllm.ts";

let engine: RunningEngine;
let folder: Folder;
const skip = lacksVllm;
const question = ask("Say hello to Bob.");

before(async () => {
  if (skip) return;
  folder = createFolder("one:1", "two:2");
  const start = startVllm({
    findPython: async () => vllmPython,
    base: { ...base, contextLength: 4096 },
    logFile: join(folder.path, "engine.log"),
    slots: 4,
    adapters: 2,
    threads: 1,
    loraRank: 8,
    extra: [],
    startTimeoutMs: 10 * 60_000,
  });
  engine = await start([], never);
  for (const name of ["one", "two"]) await engine.loader?.load(folder.peftAdapter(name));
});

after(async () => {
  await engine?.stop();
  folder?.[Symbol.dispose]();
});

testEngine("vLLM", { skip }, () => ({
  models: [
    engine.engineFor(null, "p"),
    engine.engineFor(folder.peftAdapter("one"), "p"),
    engine.engineFor(folder.peftAdapter("two"), "p"),
  ],
  stranger: engine.engineFor(null, "another"),
  busy: () => engine.countBusy(never),
}));

test("an adapter that vLLM has lost is loaded again, and no other model answers meanwhile", {
  skip,
}, async () => {
  const one = folder.peftAdapter("one");
  const model = engine.engineFor(one, "p");
  const before = await signature(model, question);
  await engine.loader?.unload(one);
  assert.ok(distance(before, await signature(model, question)) < 0.2);
});

test("an adapter that cannot be loaded again is no model at all", { skip }, async () => {
  const gone = engine.engineFor(folder.peftAdapter("gone"), "p");
  await assert.rejects(gone.chat(question, never), (error) => {
    assert.ok(error instanceof EngineError && error.cause instanceof Error);
    assert.match(error.cause.message, /No adapter found/);
    return true;
  });
});

test("a request cannot choose another model than its own", { skip }, async () => {
  const tuned = await signature(engine.engineFor(folder.peftAdapter("one"), "p"), question);
  const smuggled = { ...question, model: "adapter:one" };
  assert.ok(distance(tuned, await signature(engine.engineFor(null, "p"), smuggled)) > 0.5);
});

test("a bias for a token that the model does not have is refused", { skip }, async () => {
  const reply = await engine.engineFor(null, "p").chat({ ...question, logit_bias: { "49152": 1 } }, never);
  assert.deepEqual([reply.status, (await jsonOf(reply)).error.param], [400, "logit_bias"]);
});

test("an answer may be asked to be longer than there is room for", { skip }, async () => {
  const reply = await engine
    .engineFor(null, "p")
    .chat({ ...question, max_tokens: 1_000_000, stop: ["o"] }, never);
  assert.equal(reply.status, 200);
});

test("tokens of a text come with their log-probabilities, and go back into it", { skip }, async () => {
  const model = engine.engineFor(folder.peftAdapter("two"), "p");
  const read = await model.readPrompt("Say hello to Bob.", 2, never);
  assert.equal(read.tokens.map((one) => one.text).join(""), "Say hello to Bob.");
  assert.deepEqual(
    read.tokens.map(({ logprob, top }) => [logprob === null, top.length]),
    read.tokens.map((_, index) => [index === 0, index === 0 ? 0 : 2]),
  );
  const text = { prompt: "Say hello", max_tokens: 2, temperature: 0, logprobs: 1 };
  const events = await eventsOf(await model.complete(text, never));
  assert.equal(events.at(-1), "[DONE]");
});

test("no prompt is in the log, and the memory of all its processes is known", { skip }, async () => {
  await answer(engine.engineFor(null, "p"), ask("The password is swordfish."));
  assert.doesNotMatch(readFileSync(join(folder.path, "engine.log"), "utf8"), /swordfish/);
  assert.ok(((await engine.memoryBytes()) ?? 0) > 500 * 1024 * 1024);
});
