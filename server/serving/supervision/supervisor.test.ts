import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { EngineError } from "../engine.ts";
import { adapter, playedSupervisor as setUp } from "../fixtures/played-supervisor.ts";
import { never } from "../fixtures/replies.ts";

const refused = (error: unknown) => error instanceof EngineError && error.retryAfterSeconds >= 1;

test("nothing is started before it is needed", async () => {
  const { started, use } = setUp();
  assert.equal(started.length, 0);
  await use(null);
  assert.equal(started.length, 1);
});

test("requests that come together share one start", async () => {
  const { started, use } = setUp();
  await Promise.all([use(null), use(null), use(null)]);
  assert.equal(started.length, 1);
});

test("a process that holds the adapter is used again; the base model needs none", async () => {
  const { sets, use } = setUp();
  await use("a");
  await use("a");
  await use(null);
  assert.deepEqual(sets, [["a"]]);
});

test("while another adapter is made ready, the process at hand goes on serving", async () => {
  const { started, holdStarts, supervisor, use } = setUp();
  const busy = await supervisor.lease(adapter("a"), never);
  const letStart = holdStarts();
  const waiting = use("b");
  await use("a");
  assert.equal(started.length, 1);
  letStart();
  await waiting;
  assert.deepEqual(started[1]?.adapterIds, ["b", "a"]);
  assert.ok(started[0]?.isRunning(), "it still has a request in flight");
  busy.release();
  assert.ok(!started[0]?.isRunning());
});

test("a replaced process ends at its deadline, whoever still reads", async () => {
  const { started, supervisor, use, pass } = setUp();
  await supervisor.lease(null, never);
  await use("a");
  pass(15 * 60_000);
  assert.ok(!started[0]?.isRunning());
});

test("no more than three processes are alive at a time", async () => {
  const { started, sets, supervisor, use } = setUp();
  const first = await supervisor.lease(adapter("a"), never);
  await supervisor.lease(adapter("b"), never);
  await supervisor.lease(adapter("c"), never);
  const fourth = use("d");
  await turn();
  assert.equal(sets.length, 3);
  first.release();
  await fourth;
  assert.equal(started.filter((engine) => engine.isRunning()).length, 3);
});

test("the least recently used adapter is left out, and comes back when it is asked for", async () => {
  const { started, use } = setUp({ maxAdapters: 2 });
  for (const id of ["a", "b", "a", "c"]) await use(id);
  assert.deepEqual(started.at(-1)?.adapterIds, ["c", "a"]);
  await use("b");
  assert.deepEqual(started.at(-1)?.adapterIds, ["b", "c"]);
});

test("a pinned adapter stays, however long ago it was used", async () => {
  const { started, use } = setUp({ maxAdapters: 2, isPinned: (id) => id === "a" });
  for (const id of ["a", "b", "c", "d"]) await use(id);
  assert.deepEqual(started.at(-1)?.adapterIds, ["d", "a"]);
});

test("so do more pinned ones than an engine is to hold", async () => {
  const { started, use } = setUp({ maxAdapters: 1, isPinned: (id) => id !== "c" });
  for (const id of ["a", "b", "c"]) await use(id);
  assert.deepEqual(started.at(-1)?.adapterIds, ["c", "a", "b"]);
});

test("an adapter whose model is gone is not loaded again", async () => {
  const { started, supervisor, use } = setUp();
  await use("a");
  await supervisor.forget("a");
  await use("b");
  assert.deepEqual(started.at(-1)?.adapterIds, ["b"]);
});

test("an adapter that cannot be loaded fails alone", async () => {
  const { use, pass } = setUp();
  const results = await Promise.allSettled([use("a"), use("broken"), use("b"), use(null)]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ["fulfilled", "rejected", "fulfilled", "fulfilled"],
  );
  await assert.rejects(use("broken"), refused);
  pass(1_000);
  await use("c");
});

test("an adapter that cannot be loaded is tried again after a while", async () => {
  const { sets, use, pass } = setUp();
  await assert.rejects(use("broken"), refused);
  await assert.rejects(use("broken"), refused);
  assert.equal(sets.length, 1);
  pass(1_000);
  await assert.rejects(use("broken"), refused);
  assert.equal(sets.length, 2);
});

test("after a crash the next request gets a new process; in a loop of crashes it is told when to come back", async () => {
  const { started, use, pass } = setUp();
  await use(null);
  started[0]?.die();
  await turn();
  await use(null);
  started[1]?.die();
  await turn();
  await assert.rejects(use(null), (error) => error instanceof EngineError && error.retryAfterSeconds === 1);
  pass(1_000);
  await use(null);
  assert.equal(started.length, 3);
});

test("crashes far apart are no loop", async () => {
  const { started, use, pass } = setUp();
  for (let crashes = 0; crashes < 3; crashes += 1) {
    await use(null);
    pass(20_000);
    started.at(-1)?.die();
    await turn();
  }
  await use(null);
  assert.equal(started.length, 4);
});

test("nor are crashes far apart where adapters come and go, so that no process grows old", async () => {
  const { started, use, pass } = setUp();
  for (let crashes = 0; crashes < 3; crashes += 1) {
    for (const id of ["a", "b", "c"]) {
      await use(`${id}${crashes}`);
      pass(8_000);
    }
    started.at(-1)?.die();
    await turn();
  }
  await use(null);
  assert.equal(started.length, 10);
});

test("a process that nobody uses is stopped, and started again when needed", async () => {
  const { started, supervisor, use, pass } = setUp();
  const lease = await supervisor.lease(null, never);
  pass(300_000);
  assert.ok(started[0]?.isRunning(), "it is in use");
  lease.release();
  pass(299_999);
  assert.ok(started[0]?.isRunning());
  pass(1);
  assert.ok(!started[0]?.isRunning());
  await use(null);
  assert.equal(started.length, 2);
});

test("a caller that goes away no longer waits for a start", async () => {
  const { holdStarts, supervisor } = setUp();
  const letStart = holdStarts();
  const leaving = new AbortController();
  const waiting = supervisor.lease(null, leaving.signal);
  leaving.abort();
  await assert.rejects(waiting, { name: "AbortError" });
  letStart();
});

test("closing ends every process and refuses who comes later", async () => {
  const { started, supervisor, use } = setUp();
  await supervisor.lease(null, never);
  await use("a");
  await supervisor[Symbol.asyncDispose]();
  assert.ok(started.every((engine) => !engine.isRunning()));
  await assert.rejects(use(null), refused);
});

/** Memory for so many processes at a time. */
function memoryFor(processes: number, started: () => readonly { isRunning(): boolean }[]) {
  let reserved = 0;
  return async () => {
    if (started().filter((one) => one.isRunning()).length + reserved >= processes)
      throw new EngineError("too little memory", { retryAfterSeconds: 10 });
    reserved += 1;
    return {
      [Symbol.dispose]: () => {
        reserved -= 1;
      },
    };
  };
}

test("a start that finds no memory is told to its callers, blames no adapter, and is tried again a second later", async () => {
  let free = 0;
  const { use, sets, pass } = setUp({ reserve: () => memoryFor(free, () => [])() });
  await assert.rejects(use("a"), { name: "EngineError", retryAfterSeconds: 10 });
  free = 1;
  await assert.rejects(use("a"), { name: "EngineError", retryAfterSeconds: 10 }, "not asked again at once");
  assert.equal(sets.length, 0);
  pass(1_000);
  await use("a");
  assert.deepEqual(sets, [["a"]]);
});

test("where only one process of the base finds memory, it ends its work before the next one is started", async () => {
  const { started, supervisor, use } = setUp({ reserve: memoryFor(1, () => started) });
  const busy = await supervisor.lease(adapter("a"), never);
  const waiting = use("b");
  await turn();
  assert.equal(started.length, 1);
  assert.ok(started[0]?.isRunning(), "it still has a request in flight");
  busy.release();
  await waiting;
  assert.deepEqual(
    started.map((one) => one.isRunning()),
    [false, true],
  );
});

test("an idle process is stopped when its memory is needed elsewhere, one at work is not", async () => {
  const { started, supervisor, use } = setUp();
  const busy = await supervisor.lease(null, never);
  await supervisor.stopIfIdle();
  assert.ok(started[0]?.isRunning());
  busy.release();
  await supervisor.stopIfIdle();
  assert.ok(!started[0]?.isRunning());
  await use(null);
  assert.equal(started.length, 2);
});
