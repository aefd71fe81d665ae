import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { type Engine, EngineError } from "../engine.ts";
import { createHeldTimers, playedEngine } from "../fixtures/played-engine.ts";
import { never, textOf } from "../fixtures/replies.ts";
import { createInstance } from "./engine-instance.ts";
import { createLeasedEngine } from "./leased-engine.ts";

const broken = (wasSent: boolean) => new EngineError("went away", { isRetryable: true, wasSent });
const isKilled = (error: unknown) =>
  error instanceof EngineError && !error.isRetryable && error.retryAfterSeconds >= 1;

async function* text() {
  yield Buffer.from("answer");
}

/** A first process that does what the test says, and one after it that answers. */
function setUp({ wasSent = true } = {}) {
  const { timers } = createHeldTimers();
  const { promise: over, reject: breakAll } = Promise.withResolvers<never>();
  async function* begun() {
    yield Buffer.from("begun");
    await over;
  }
  const dying: Engine["chat"] = async ({ stream }) => (stream ? { status: 200, body: begun() } : await over);
  const first = playedEngine(1, [], { chat: dying });
  const second = playedEngine(2, [], { chat: async () => ({ status: 200, body: text() }) });
  const instances = [first, second].map((engine) =>
    createInstance({
      engine,
      adapters: [],
      loader: null,
      maxAdapters: 4,
      timers,
      silenceMs: 60_000,
      onIdle: () => {},
      onSilence: () => {},
    }),
  );
  const lease = async () => {
    const instance = instances[first.isRunning() ? 0 : 1];
    assert.ok(instance);
    return instance.lease(null);
  };
  const die = async (isOwnCrash: boolean) => {
    await turn();
    breakAll(broken(wasSent));
    await turn(); // Connections break first; the exit is known a little later.
    first.die(isOwnCrash);
  };
  return { engine: createLeasedEngine(lease, null, "p"), die, instances };
}

test("a request that was alone when the engine crashed is not sent to the next one", async () => {
  const { engine, die, instances } = setUp();
  const asked = assert.rejects(engine.chat({}, never), isKilled);
  await die(true);
  await asked;
  assert.ok(instances[0]?.isIdle());
});

test("a request that was alone when somebody killed the engine is sent to the next one", async () => {
  const { engine, die } = setUp();
  const asked = engine.chat({}, never);
  await die(false);
  assert.equal(await textOf(await asked), "answer");
});

test("requests that were in flight together when the engine crashed are sent to the next one", async () => {
  const { engine, die } = setUp();
  const asked = [engine.chat({}, never), engine.chat({}, never)];
  await die(true);
  for (const reply of asked) assert.equal(await textOf(await reply), "answer");
});

test("a stream that broke was in flight, too", async () => {
  const { engine, die, instances } = setUp();
  const stream = await engine.chat({ stream: true }, never);
  const left = assert.rejects(textOf(stream), EngineError);
  const asked = engine.chat({}, never);
  await die(true);
  await left;
  assert.equal(await textOf(await asked), "answer");
  assert.ok(instances[0]?.isIdle());
});

test("a request that the crashed engine never took is sent to the next one", async () => {
  const { engine, die } = setUp({ wasSent: false });
  const asked = engine.chat({}, never);
  await die(true);
  assert.equal(await textOf(await asked), "answer");
});
