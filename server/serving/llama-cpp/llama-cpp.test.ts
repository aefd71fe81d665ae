import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { RunningEngine } from "../engine.ts";
import { testEngine } from "../engine-contract.ts";
import { base, createFolder, type Folder, lacksModel, python } from "../fixtures/real-model.ts";
import { answer, ask, jsonOf, never, until } from "../fixtures/replies.ts";
import { xllamacppCommand } from "./command.ts";
import { adapterScales } from "./llama-cpp.ts";
import { startLlamaCpp } from "./process.ts";

let engine: RunningEngine;
let folder: Folder;

const startWith = (contextLength: number, ...adapters: string[]) =>
  startLlamaCpp({
    makeCommand: xllamacppCommand(python),
    base: { ...base, contextLength },
    logFile: join(folder.path, "engine.log"),
    slots: 4,
    threads: 1,
    batchTokens: 64,
    startTimeoutMs: 60_000,
  })(adapters.map(folder.adapter), never);

before(async () => {
  if (lacksModel) return;
  folder = createFolder("one:1", "two:2");
  engine = await startWith(4096, "one", "two");
});

after(async () => {
  await engine?.stop();
  folder?.[Symbol.dispose]();
});

testEngine("llama.cpp", { skip: lacksModel }, () => ({
  models: [
    engine.engineFor(null, "p"),
    engine.engineFor(folder.adapter("one"), "p"),
    engine.engineFor(folder.adapter("two"), "p"),
  ],
  stranger: engine.engineFor(null, "another"),
  busy: () => engine.countBusy(never),
}));

test("an adapter that a process does not hold is not answered by the base model", {
  skip: lacksModel,
}, () => {
  assert.throws(() => engine.engineFor(folder.adapter("three"), "p"), /does not hold the adapter three/);
});

test("requests that all fill their context do not fail each other", { skip: lacksModel }, async () => {
  const small = await startWith(256);
  const endless = ask("Tell a story. ".repeat(40), { max_tokens: 1000, ignore_eos: true });
  const fill = async () => jsonOf(await small.engineFor(null, "p").chat(endless, never));
  const replies = await Promise.all([fill(), fill(), fill(), fill()]);
  assert.deepEqual(
    replies.map(({ choices, usage }) => [choices[0].finish_reason, usage.total_tokens]),
    replies.map(() => ["length", 256]),
  );
  await small.stop();
});

test("a short question does not wait until somebody's long prompt is read", {
  skip: lacksModel,
}, async () => {
  const model = engine.engineFor(null, "p");
  const done: string[] = [];
  const asked = async (name: string, content: string) => {
    const reply = await jsonOf(await model.chat(ask(content, { max_tokens: 1 }), never));
    done.push(name);
    return reply;
  };
  const long = asked("long", `Read this. ${"It was the best of times. ".repeat(260)}`);
  await until(async () => (await engine.countBusy(never)) === 1);
  const short = asked("short", "Hi, I am brief.");
  const [{ usage }] = await Promise.all([long, short]);
  assert.deepEqual(done, ["short", "long"]);
  assert.ok(usage.prompt_tokens > 1_500 && usage.prompt_tokens_details.cached_tokens < 32);
});

test("a long prompt that goes on finds what was read before, and tells so", {
  skip: lacksModel,
}, async () => {
  const model = engine.engineFor(null, "p");
  const text = `A tale. ${"The river ran by the old mill. ".repeat(150)}`;
  const cached = async (content: string) => {
    const { usage } = await jsonOf(await model.chat(ask(content, { max_tokens: 1 }), never));
    return [usage.prompt_tokens, usage.prompt_tokens_details.cached_tokens];
  };
  const [first = 0] = await cached(text);
  const [, known = 0] = await cached(`${text} ${"Then came the flood. ".repeat(150)}`);
  assert.ok(known > first - 20 && known < first + 20, `${known} of ${first}`);
});

test("a request cannot choose another adapter than its model's", { skip: lacksModel }, async () => {
  const question = ask("Say hello to Bob.");
  const tuned = await answer(engine.engineFor(folder.adapter("one"), "p"), question);
  const smuggled = { ...question, lora: [{ id: 0, scale: 1 }] };
  assert.notEqual(await answer(engine.engineFor(null, "p"), smuggled), tuned);
});

test("a bias for a token that the model does not have is refused", { skip: lacksModel }, async () => {
  const request = { ...ask("Hi"), logit_bias: { "49152": 1 } };
  const reply = await engine.engineFor(null, "p").chat(request, never);
  const { error } = await jsonOf(reply);
  assert.deepEqual([reply.status, error.param], [400, "logit_bias"]);
  assert.match(error.message, /no token 49152: its tokens are 0 to 49151/);
});

test("calls may come several at a time, after text, each with a place of its own", {
  skip: lacksModel,
}, async () => {
  const tools = ["red", "green"].map((name) => ({ type: "function", function: { name } }));
  const many = ask("Call red, then green.", {
    tools,
    tool_choice: "required",
    max_tokens: 200,
    stop: ["\u0000"],
  });
  const { choices } = await jsonOf(await engine.engineFor(null, "p").chat(many, never));
  const calls: { id: string; function: { arguments: string } }[] = choices[0].message.tool_calls;
  assert.ok(calls.length > 1, `${calls.length}`);
  assert.equal(new Set(calls.map(({ id }) => id)).size, calls.length);
  for (const call of calls) assert.deepEqual(JSON.parse(call.function.arguments), {});
});

test("the engine's memory is known", { skip: lacksModel }, async () => {
  assert.ok(((await engine.memoryBytes()) ?? 0) > 100 * 1024 * 1024);
});

test("no prompt is in the engine's log", { skip: lacksModel }, async () => {
  await answer(engine.engineFor(null, "p"), ask("The password is swordfish."));
  assert.doesNotMatch(readFileSync(join(folder.path, "engine.log"), "utf8"), /swordfish/);
});

test("every request says the scale of every adapter", () => {
  const loaded = [
    { id: "a", path: "/a" },
    { id: "b", path: "/b" },
  ];
  assert.deepEqual(adapterScales([], null), {});
  assert.deepEqual(adapterScales(loaded, null), {
    lora: [
      { id: 0, scale: 0 },
      { id: 1, scale: 0 },
    ],
  });
  assert.deepEqual(adapterScales(loaded, loaded[1] ?? null), {
    lora: [
      { id: 0, scale: 0 },
      { id: 1, scale: 1 },
    ],
  });
});

test("an unlikely token and half a character have their log-probabilities too", {
  skip: lacksModel,
}, async () => {
  const model = engine.engineFor(folder.adapter("one"), "p");
  const { tokens } = await model.readPrompt("Hi \u2603 Zx\u4e16", 3, never);
  assert.ok(tokens.some(({ text }) => text.startsWith("bytes:")));
  for (const { logprob, top } of tokens.slice(1)) {
    assert.ok(logprob !== null && logprob < 0 && logprob > -100);
    assert.equal(top.length, 3);
  }
});
