import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLog } from "../platform/log.ts";
import { createBackgroundQueue, nextOf } from "./background-queue.ts";

const of = (projectId: string, id = projectId) => ({ projectId, id });

test("the next one is of the project that has the fewest running, the oldest of several", () => {
  const waiting = [of("a", "a1"), of("b", "b1"), of("c", "c1"), of("c", "c2")];
  assert.equal(nextOf(waiting, [])?.id, "a1");
  assert.equal(nextOf(waiting, [of("a")])?.id, "b1");
  assert.equal(nextOf(waiting, [of("a"), of("b")])?.id, "c1");
  assert.equal(nextOf(waiting, [of("a"), of("b"), of("c")])?.id, "a1");
  assert.equal(nextOf([], []), undefined);
});

test("nothing is begun before it is woken, and no more than there are places", async () => {
  const runs: { id: string; finish: () => void }[] = [];
  const queue = createBackgroundQueue({
    places: 2,
    log: silentLog,
    run: (id) => new Promise((finish) => runs.push({ id, finish })),
  });
  for (const id of ["1", "2", "3"]) queue.add(of("a", id));
  assert.equal(runs.length, 0);
  queue.wake();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(
    runs.map(({ id }) => id),
    ["1", "2"],
  );
  runs[0]?.finish();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(runs[2]?.id, "3");
  for (const { finish } of runs) finish();
  await queue[Symbol.asyncDispose]();
});
