import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Refusal } from "../../../contract/errors.ts";
import { createHeldTimers } from "../fixtures/played-engine.ts";
import { never } from "../fixtures/replies.ts";
import { createAdmission, type Readiness, type Visit } from "./admission.ts";

const asker = (projectId: string) => ({ projectId, model: "" });
const ready: Readiness = { isReady: () => true, whenReady: async () => {} };

function setUp({ places = 1, mostWaiting = 4, mostOfProject = 3 } = {}) {
  const { timers, pass } = createHeldTimers();
  const limits = {
    oneModel: false,
    places,
    mostWaiting,
    mostOfProject,
    waitSeconds: 60,
    requestSeconds: 600,
  };
  const admission = createAdmission({ ...limits, timers });
  const begun: string[] = [];
  /** Its turn, whenever it comes. */
  const enter = async (name: string, visit: Visit, model = ready) => {
    await visit.enter(model);
    begun.push(name);
  };
  const counts = () => [admission.working(), admission.waiting()];
  return { admission, pass, begun, enter, counts };
}

const refusedAs = (kind: string) => (error: unknown) =>
  error instanceof Refusal && error.kind === kind && (error.retryAfter ?? 0) >= 1;

test("with a place free there is nothing to wait for", () => {
  const { admission, counts } = setUp();
  const visit = admission.visit(asker("a"), never);
  assert.equal(visit.enter(ready), null);
  assert.deepEqual(counts(), [1, 0]);
  visit.end();
  visit.end();
  assert.deepEqual(counts(), [0, 0]);
});

test("a full queue is a 503 in OpenAI's words, a project's full share a 429", async () => {
  const { admission, enter, counts } = setUp();
  admission.visit(asker("a"), never).enter(ready);
  for (const name of ["a1", "a2", "a3"]) void enter(name, admission.visit(asker("a"), never));
  await assert.rejects(enter("a4", admission.visit(asker("a"), never)), refusedAs("too_many_waiting"));
  void enter("b1", admission.visit(asker("b"), never));
  const full = enter("b2", admission.visit(asker("b"), never));
  await assert.rejects(full, { message: "The engine is currently overloaded, please try again later." });
  await assert.rejects(enter("b3", admission.visit(asker("b"), never)), refusedAs("engine_overloaded"));
  assert.deepEqual(counts(), [1, 4]);
});

test("a caller that leaves while it waits leaves nothing, and is passed over", async () => {
  const { admission, begun, enter, counts } = setUp();
  const first = admission.visit(asker("a"), never);
  first.enter(ready);
  const leaving = new AbortController();
  const left = admission.visit(asker("a"), leaving.signal);
  const waits = enter("left", left);
  void enter("stays", admission.visit(asker("a"), never));
  leaving.abort();
  await assert.rejects(waits, { name: "AbortError" });
  left.end();
  assert.deepEqual(counts(), [1, 1]);
  first.end();
  await turn();
  assert.deepEqual([begun, counts()], [["stays"], [1, 0]]);
});

test("a caller that leaves while its request is worked on frees the place at that moment", async () => {
  const { admission, begun, enter, counts } = setUp();
  const leaving = new AbortController();
  const visit = admission.visit(asker("a"), leaving.signal);
  visit.enter(ready);
  void enter("next", admission.visit(asker("a"), never));
  leaving.abort();
  assert.ok(visit.signal.aborted);
  await turn();
  assert.deepEqual([begun, counts()], [["next"], [1, 0]]);
});

test("a caller that leaves in the moment of its turn leaves nothing", async () => {
  const { admission, enter, counts } = setUp();
  const first = admission.visit(asker("a"), never);
  first.enter(ready);
  const leaving = new AbortController();
  const visit = admission.visit(asker("a"), leaving.signal);
  const entered = enter("gone", visit);
  first.end();
  leaving.abort();
  await entered;
  assert.ok(visit.signal.aborted);
  assert.deepEqual(counts(), [0, 0]);
});

test("a caller that has left already gets no place", async () => {
  const { admission, counts } = setUp();
  const visit = admission.visit(asker("a"), AbortSignal.abort());
  await assert.rejects(async () => visit.enter(ready), { name: "AbortError" });
  assert.deepEqual(counts(), [0, 0]);
});

test("who waits too long is told to come back", async () => {
  const { admission, enter, pass, counts } = setUp();
  admission.visit(asker("a"), never).enter(ready);
  const waits = enter("late", admission.visit(asker("a"), never));
  pass(59_999);
  assert.deepEqual(counts(), [1, 1]);
  pass(1);
  await assert.rejects(waits, refusedAs("engine_overloaded"));
  assert.deepEqual(counts(), [1, 0]);
});

test("a request that takes too long is ended with a refusal, and its place is free", async () => {
  const { admission, pass, counts } = setUp();
  const early = admission.visit(asker("a"), never);
  early.enter(ready);
  pass(400_000);
  early.end();
  const visit = admission.visit(asker("a"), never);
  visit.enter(ready);
  pass(599_999);
  assert.ok(!visit.signal.aborted);
  pass(1);
  assert.ok(refusedAs("deadline_exceeded")(visit.signal.reason));
  assert.deepEqual(counts(), [0, 0]);
});

test("a request whose adapter must come first holds no place meanwhile, but a seat", async () => {
  const { admission, begun, enter, counts } = setUp({ mostWaiting: 1 });
  const { promise, resolve } = Promise.withResolvers<void>();
  let isHere = false;
  const absent: Readiness = { isReady: () => isHere, whenReady: () => promise };
  void enter("absent", admission.visit(asker("a"), never), absent);
  const other = admission.visit(asker("a"), never);
  assert.equal(other.enter(ready), null, "others are not delayed");
  assert.deepEqual(counts(), [1, 1]);
  await assert.rejects(enter("more", admission.visit(asker("b"), never)), refusedAs("engine_overloaded"));
  isHere = true;
  resolve();
  await turn();
  assert.deepEqual(begun, [], "its turn has not come");
  other.end();
  await turn();
  assert.deepEqual([begun, counts()], [["absent"], [1, 0]]);
});

test("an adapter that goes while its request waits is asked for again; the place is somebody else's meanwhile", async () => {
  const { admission, begun, enter, counts } = setUp();
  const first = admission.visit(asker("a"), never);
  first.enter(ready);
  const comings: (() => void)[] = [];
  let isHere = true;
  const evicted: Readiness = {
    isReady: () => isHere,
    whenReady: () => new Promise((resolve) => comings.push(resolve)),
  };
  void enter("evicted", admission.visit(asker("a"), never), evicted);
  const second = admission.visit(asker("a"), never);
  void enter("second", second);
  isHere = false;
  await turn();
  first.end();
  await turn();
  assert.deepEqual([begun, counts(), comings.length], [["second"], [1, 1], 1]);
  isHere = true;
  comings[0]?.();
  await turn();
  second.end();
  await turn();
  assert.deepEqual(
    [begun, counts()],
    [
      ["second", "evicted"],
      [1, 0],
    ],
  );
});

test("an engine that cannot be made ready is told to the caller, who leaves nothing", async () => {
  const { admission, enter, counts } = setUp();
  const broken: Readiness = {
    isReady: () => false,
    whenReady: () => Promise.reject(new Error("does not start")),
  };
  const visit = admission.visit(asker("a"), never);
  await assert.rejects(enter("broken", visit, broken), /does not start/);
  visit.end();
  assert.deepEqual(counts(), [0, 0]);
});
