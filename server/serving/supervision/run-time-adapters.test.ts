import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLog } from "../../platform/log.ts";
import { type Adapter, EngineError } from "../engine.ts";
import { createHeldTimers, type PlayedEngine, playedEngine } from "../fixtures/played-engine.ts";
import { never } from "../fixtures/replies.ts";
import { createSupervisor } from "./supervisor.ts";

const adapter = (id: string): Adapter => ({ id, path: `/${id}` });
const refused = (error: unknown) => error instanceof EngineError && error.retryAfterSeconds >= 1;

/** An engine that loads adapters while it runs; `broken` cannot be loaded, `killer` kills the engine, `interrupted` meets the first one's end. */
function setUp({ maxAdapters = 2 } = {}) {
  const { timers, pass } = createHeldTimers();
  const started: PlayedEngine[] = [];
  const done: string[] = [];
  const load = async ({ id }: Adapter) => {
    done.push(`+${id}`);
    if (id === "broken") throw new Error("no adapter");
    const isInterrupted = id === "interrupted" && started.length === 1;
    if (id !== "killer" && !isInterrupted) return;
    started.at(-1)?.die(id === "killer");
    throw new EngineError("gone", { isRetryable: true, wasSent: true });
  };
  const unload = async ({ id }: Adapter) => void done.push(`-${id}`);
  const supervisor = createSupervisor({
    baseId: "base",
    start: async (adapters) => {
      assert.deepEqual(adapters, []);
      const engine = playedEngine(started.length + 1, [], { loader: { load, unload } });
      started.push(engine);
      return engine;
    },
    loadsWhileRunning: true,
    timers,
    log: silentLog,
    maxAdapters,
    idleMs: 300_000,
    silenceMs: 60_000,
  });
  const use = async (id: string | null) =>
    (await supervisor.lease(id === null ? null : adapter(id), never)).release();
  return { supervisor, started, done, use, pass };
}

test("one process takes all adapters, the least recently used goes", async () => {
  const { supervisor, started, done, use } = setUp();
  for (const id of [null, "a", "b", "a", "c"]) await use(id);
  assert.equal(started.length, 1);
  assert.deepEqual(done, ["+a", "+b", "-b", "+c"]);
  assert.deepEqual(
    [supervisor.holds("a"), supervisor.holds("b"), supervisor.holds(null)],
    [true, false, true],
  );
});

test("an adapter that cannot be loaded is refused for a while, and nobody else is", async () => {
  const { done, started, use, pass } = setUp();
  await assert.rejects(Promise.all([use("broken"), use("broken")]), refused);
  await assert.rejects(use("broken"), refused);
  await use("a");
  assert.deepEqual(done, ["+broken", "+a"]);
  pass(1_000);
  await assert.rejects(use("broken"), refused);
  assert.deepEqual([done.at(-1), started.length], ["+broken", 1]);
});

test("an adapter that the engine dies of is blamed, and the next engine answers for the others", async () => {
  const { started, use } = setUp();
  await use("a");
  await assert.rejects(use("killer"), refused);
  await use("a");
  assert.equal(started.length, 2);
});

test("an engine that goes away by itself while it loads is started again, and loads", async () => {
  const { started, done, use } = setUp();
  await use("interrupted");
  assert.deepEqual(done, ["+interrupted", "+interrupted"]);
  assert.deepEqual(
    started.map((engine) => engine.isRunning()),
    [false, true],
  );
});

test("a caller that goes away no longer waits for an adapter", async () => {
  const { supervisor, use } = setUp({ maxAdapters: 1 });
  await use(null);
  const busy = await supervisor.lease(adapter("a"), never);
  const leaving = new AbortController();
  const waiting = supervisor.lease(adapter("b"), leaving.signal);
  leaving.abort();
  await assert.rejects(waiting, { name: "AbortError" });
  busy.release();
});

test("an adapter whose model is gone is unloaded", async () => {
  const { supervisor, done, use } = setUp();
  await use("a");
  await supervisor.forget("a");
  await use("b");
  assert.deepEqual(done, ["+a", "-a", "+b"]);
});
