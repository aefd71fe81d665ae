import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { EngineError, EngineStartError } from "../engine.ts";
import { base, createFolder } from "../fixtures/real-model.ts";
import { ask, isAlive, never, textOf, until } from "../fixtures/replies.ts";
import { llamaServerCommand } from "./command.ts";
import { type LlamaCppNeeds, startLlamaCpp } from "./process.ts";

const program = join(import.meta.dirname, "..", "fixtures", "fake-engine.mjs");

const startWith = (needs: Pick<LlamaCppNeeds, "makeCommand" | "logFile" | "startTimeoutMs">) =>
  startLlamaCpp({ ...needs, base, slots: 1, threads: 1, batchTokens: 64 });

/** A folder, and the fake llama-server started with an adapter of this name. */
function setUp(startTimeoutMs = 20_000) {
  const folder = createFolder();
  const makeCommand = llamaServerCommand(program);
  const logFile = join(folder.path, "logs", "engine.log");
  const start = startWith({ makeCommand, logFile, startTimeoutMs });
  return {
    folder,
    start: (behaviour: string, signal = never) => start([folder.adapter(behaviour)], signal),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

const inProc = { skip: existsSync("/proc/self/environ") ? false : "reads /proc" };

test("a llama-server is started, answers, and ends when it is told to", async () => {
  using tested = setUp();
  const engine = await tested.start("good");
  const reply = await engine
    .engineFor(tested.folder.adapter("good"), "p")
    .chat(ask("Hi", { stream: true }), never);
  assert.match(await textOf(reply), /upon/);
  await engine.stop();
  await until(() => !isAlive(engine.pid));
});

test("the key is not among a process's arguments", inProc, async () => {
  using tested = setUp();
  const engine = await tested.start("good");
  const environment = readFileSync(`/proc/${engine.pid}/environ`, "utf8");
  const key = /LLAMA_API_KEY=(\w+)/.exec(environment)?.[1] ?? "";
  assert.equal(key.length, 32);
  assert.ok(!readFileSync(`/proc/${engine.pid}/cmdline`, "utf8").includes(key));
  await engine.stop();
});

test("the server's own secrets are not in the engine's environment", inProc, async (t) => {
  process.env.PERENNIAL_ADMIN_KEY = "sk-of-the-server";
  t.after(() => delete process.env.PERENNIAL_ADMIN_KEY);
  using tested = setUp();
  const engine = await tested.start("good");
  assert.ok(!readFileSync(`/proc/${engine.pid}/environ`, "utf8").includes("sk-of-the-server"));
  await engine.stop();
});

test("a llama-server ends when what guards it is killed", inProc, async () => {
  using tested = setUp();
  const engine = await tested.start("good");
  const guard = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${engine.pid}/status`, "utf8"))?.[1];
  process.kill(Number(guard), "SIGKILL");
  assert.match((await engine.exited).reason, /ended by SIGKILL/);
  await until(() => !isAlive(engine.pid));
});

test("a process that dies while it starts says its last words", async () => {
  using tested = setUp();
  await assert.rejects(tested.start("crash"), (error) => {
    assert.ok(error instanceof EngineStartError);
    assert.match(error.message, /exited with code 1 before it was ready/);
    assert.deepEqual(error.lastLogLines, ["cannot load the model"]);
    return true;
  });
});

test("a process that never becomes ready is ended in time", async () => {
  using tested = setUp(1_000);
  await assert.rejects(tested.start("hang"), {
    name: "EngineStartError",
    message: /not become ready in time/,
  });
});

test("a start that is called off leaves no process", async () => {
  using tested = setUp();
  const closing = new AbortController();
  setTimeout(() => closing.abort(), 500);
  await assert.rejects(tested.start("hang", closing.signal), { name: "EngineStartError" });
});

test("a program that is not there is one clear error", async () => {
  using folder = createFolder();
  const makeCommand = llamaServerCommand(join(folder.path, "no-such-program"));
  const logFile = join(folder.path, "engine.log");
  const start = startWith({ makeCommand, logFile, startTimeoutMs: 20_000 });
  await assert.rejects(start([], never), { name: "EngineStartError", message: /exited with code 127/ });
});

test("a disk that is full for its log does not keep an engine from answering", inProc, async () => {
  const answers = async (logFile: string) => {
    const makeCommand = llamaServerCommand(program);
    const start = startWith({ makeCommand, logFile, startTimeoutMs: 20_000 });
    const engine = await start([], never);
    assert.match(
      await textOf(await engine.engineFor(null, "p").chat(ask("Hi", { stream: true }), never)),
      /upon/,
    );
    await engine.stop();
    return (await engine.exited).lastLogLines;
  };
  await answers("/dev/full");
  const [line = ""] = await answers(join(program, "no folder", "engine.log"));
  assert.match(line, /log could not be opened/);
});

test("a port that somebody else took is tried again with another", async () => {
  using tested = setUp();
  const engine = await tested.start("taken");
  assert.ok(existsSync(tested.folder.adapter("taken").path), "it failed once");
  await engine.stop();
});

test("a process that holds other adapters than it was given is not used", async () => {
  using tested = setUp();
  await assert.rejects(tested.start("swap"), (error) => {
    assert.ok(error instanceof EngineStartError && error.cause instanceof Error);
    assert.match(error.cause.message, /did not load the adapters that it was given/);
    return true;
  });
});

test("a process that dies of a request says so", async () => {
  using tested = setUp();
  const engine = await tested.start("segfault");
  const model = engine.engineFor(tested.folder.adapter("segfault"), "p");
  await assert.rejects(
    model.chat(ask("Hi"), never),
    (error) => error instanceof EngineError && error.wasSent,
  );
  const { reason, isOwnCrash } = await engine.exited;
  assert.deepEqual([reason, isOwnCrash], ["was ended by SIGSEGV", true]);
  const refused = model.chat(ask("Hi"), never);
  await assert.rejects(refused, (error) => error instanceof EngineError && !error.wasSent);
});

for (const stream of [true, false]) {
  test(`a process that dies in the middle of ${stream ? "a stream" : "an answer"} is an error`, async () => {
    using tested = setUp();
    const engine = await tested.start("die");
    const model = engine.engineFor(tested.folder.adapter("die"), "p");
    const read = async () => textOf(await model.chat(ask("Hi", { stream }), never));
    await assert.rejects(read, (error) => error instanceof EngineError && error.isRetryable);
    assert.match((await engine.exited).reason, /exited with code 1/);
  });
}
