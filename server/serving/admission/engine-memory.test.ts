import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { EngineError } from "../engine.ts";
import { createPlayedStart, playedEngine } from "../fixtures/played-engine.ts";
import { never } from "../fixtures/replies.ts";
import { createEngineMemory, engineNeed } from "./engine-memory.ts";

const MB = 1_000_000;

const needs: [string, number, Parameters<typeof engineNeed>][] = [
  ["at first its files and what a program takes", 380 * MB, [200 * MB, [10 * MB, 20 * MB]]],
  ["then what the last one held", 700 * MB, [200 * MB, [10 * MB], { bytes: 700 * MB, adapters: 1 }]],
  [
    "with the adapters that are added",
    720 * MB,
    [200 * MB, [10 * MB, 10 * MB, 10 * MB], { bytes: 700 * MB, adapters: 1 }],
  ],
  ["and without those that are left out", 680 * MB, [200 * MB, [10 * MB], { bytes: 700 * MB, adapters: 3 }]],
  ["never less than its files", 210 * MB, [200 * MB, [10 * MB], { bytes: 100 * MB, adapters: 1 }]],
];
for (const [what, bytes, given] of needs) {
  test(`an engine's need is ${what}`, () => assert.equal(engineNeed(...given), bytes));
}

function setUp() {
  const folder = mkdtempSync(join(tmpdir(), "perennial-memory-"));
  const gguf = join(folder, "model.gguf");
  writeFileSync(gguf, Buffer.alloc(1));
  const machine = { availableBytes: 400 * MB, promised: 0, idle: 0, asked: [] as string[] };
  const memory = createEngineMemory({
    read: () => ({ totalBytes: 1000 * MB, availableBytes: machine.availableBytes }),
    promisedBytes: async () => machine.promised,
    stopIdle: async (except) => {
      machine.asked.push(except);
      machine.availableBytes += machine.idle;
      machine.idle = 0;
    },
  });
  return {
    base: { id: "base", gguf, hf: "", contextLength: 2048 },
    machine,
    memory,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

const lacks = (error: unknown) =>
  error instanceof EngineError && /0\.2 GB of memory and/.test(error.message) && error.retryAfterSeconds >= 1;

test("an engine starts where its memory is free, and holds it until it has it itself", async () => {
  using tested = setUp();
  const { memory, base } = tested;
  {
    using _one = await memory.reserve(base, []);
    using _two = await memory.reserve(base, []);
    await assert.rejects(memory.reserve(base, []), lacks);
  }
  using _three = await memory.reserve(base, []);
});

test("what trainings have yet to grow to is not free", async () => {
  using tested = setUp();
  tested.machine.promised = 300 * MB;
  await assert.rejects(tested.memory.reserve(tested.base, []), lacks);
});

test("idle engines of other bases make room first", async () => {
  using tested = setUp();
  Object.assign(tested.machine, { availableBytes: 100 * MB, idle: 100 * MB });
  using _room = await tested.memory.reserve(tested.base, []);
  assert.deepEqual(tested.machine.asked, ["base"]);
});

test("the next start of a base needs what the last one held when it was stopped", async () => {
  using tested = setUp();
  const { memory, base } = tested;
  let bytes = 100 * MB;
  const start = memory.measuring("base", async (adapters) => ({
    ...playedEngine(1, adapters),
    memoryBytes: async () => bytes,
  }));
  const engine = await start([], never);
  bytes = 500 * MB;
  await engine.stop();
  await assert.rejects(memory.reserve(base, []), /needs about 0\.5 GB/);
});

test("a start that fails is passed on", async () => {
  using tested = setUp();
  const { start } = createPlayedStart();
  const broken = [{ id: "broken", path: "/broken.gguf" }];
  await assert.rejects(tested.memory.measuring("base", start)(broken, never), /cannot load/);
});
