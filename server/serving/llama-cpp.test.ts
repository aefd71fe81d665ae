import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { RunningEngine } from "./engine.ts";
import { testEngine } from "./engine-contract.ts";
import { base, createFolder, type Folder, lacksModel, python } from "./fixtures/real-model.ts";
import { answer, ask, jsonOf, never } from "./fixtures/replies.ts";
import { adapterScales } from "./llama-cpp.ts";
import { xllamacppCommand } from "./llama-cpp-command.ts";
import { startLlamaCpp } from "./llama-cpp-process.ts";

let engine: RunningEngine;
let folder: Folder;

const startWith = (contextLength: number, ...adapters: string[]) =>
  startLlamaCpp({
    makeCommand: xllamacppCommand(python),
    base: { ...base, contextLength },
    logFile: join(folder.path, "engine.log"),
    slots: 4,
    threads: 2,
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

testEngine("llama.cpp", lacksModel, () => ({
  models: [
    engine.engineFor(null),
    engine.engineFor(folder.adapter("one")),
    engine.engineFor(folder.adapter("two")),
  ],
  busy: () => engine.countBusy(never),
}));

test("an adapter that a process does not hold is not answered by the base model", {
  skip: lacksModel,
}, () => {
  assert.throws(() => engine.engineFor(folder.adapter("three")), /does not hold the adapter three/);
});

test("requests that all fill their context do not fail each other", { skip: lacksModel }, async () => {
  const small = await startWith(256);
  const endless = ask("Tell a story. ".repeat(40), { max_tokens: 1000, ignore_eos: true });
  const fill = async () => jsonOf(await small.engineFor(null).chat(endless, never));
  const replies = await Promise.all([fill(), fill(), fill(), fill()]);
  assert.deepEqual(
    replies.map(({ choices, usage }) => [choices[0].finish_reason, usage.total_tokens]),
    replies.map(() => ["length", 256]),
  );
  await small.stop();
});

test("a request cannot choose another adapter than its model's", { skip: lacksModel }, async () => {
  const question = ask("Say hello to Bob.");
  const tuned = await answer(engine.engineFor(folder.adapter("one")), question);
  const smuggled = { ...question, lora: [{ id: 0, scale: 1 }] };
  assert.notEqual(await answer(engine.engineFor(null), smuggled), tuned);
});

test("the engine's memory is known", { skip: lacksModel }, async () => {
  assert.ok(((await engine.memoryBytes()) ?? 0) > 100 * 1024 * 1024);
});

test("no prompt is in the engine's log", { skip: lacksModel }, async () => {
  await answer(engine.engineFor(null), ask("The password is swordfish."));
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
