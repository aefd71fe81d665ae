import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { PlayedEngine } from "../fixtures/played-engine.ts";
import { adapter, playedSupervisor } from "../fixtures/played-supervisor.ts";
import { never } from "../fixtures/replies.ts";
import type { Lease } from "./engine-instance.ts";

/** A process with room for one adapter, "a", that took a second to start, has a user, and is to be left for "b". */
async function setUp() {
  const { sets, started, supervisor, use, pass, holdStarts } = playedSupervisor({ maxAdapters: 1 });
  const letStart = holdStarts();
  const first = supervisor.lease(adapter("a"), never);
  await turn();
  pass(1_000);
  letStart();
  const busy = await first;
  const waiting = use("b");
  await turn();
  assert.deepEqual(sets, [["a"]]);
  return { sets, process: started[0], busy, waiting, pass };
}

test("a process serves four times as long as it took to start before one is started that lacks what is asked of it", async () => {
  const { sets, busy, waiting, pass } = await setUp();
  pass(3_999);
  await turn();
  assert.deepEqual(sets, [["a"]]);
  pass(1);
  await waiting;
  assert.deepEqual(sets, [["a"], ["b"]]);
  busy.release();
});

const ends = {
  "nobody uses it": ({ busy }: { busy: Lease }) => busy.release(),
  "it is dead": ({ process }: { process: PlayedEngine | undefined }) => process?.die(),
};
for (const [what, end] of Object.entries(ends)) {
  test(`it is left at once when ${what}`, async () => {
    const { sets, busy, waiting, process } = await setUp();
    end({ busy, process });
    await waiting;
    assert.deepEqual(sets, [["a"], ["b"]]);
    busy.release();
  });
}
