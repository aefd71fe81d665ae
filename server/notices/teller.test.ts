import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { silentLog } from "../platform/log.ts";
import { createTeller } from "./teller.ts";

/** 2027-01-15, 23:00 UTC. */
const EVENING = 1_800_000_000 + 15 * 3600;
const HOUR_MS = 3600 * 1000;

/** A teller whose timers the test moves, together with the clock. */
function createPlayed(t: TestContext) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const state = { now: EVENING, version: 1, fails: false, count: 0 };
  const told: number[] = [];
  let onTold = 0;
  const teller = createTeller({
    tellDue: async (now) => {
      if (state.fails) throw new Error("disk full");
      told.push(now);
      return { count: state.count, version: state.version };
    },
    readVersion: async () => state.version,
    now: () => state.now,
    log: silentLog,
    onTold: () => {
      onTold += 1;
    },
  });
  return {
    ...state,
    state,
    teller,
    told,
    sent: () => onTold,
    async pass(ms: number) {
      state.now += ms / 1000;
      t.mock.timers.tick(ms);
      await settled();
    },
  };
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

test("it looks when it is woken, and then when a day begins; in between only at the clock", async (t) => {
  const played = createPlayed(t);
  await using teller = played.teller;
  teller.wake();
  teller.wake();
  await settled();
  assert.deepEqual(played.told, [EVENING]);
  await played.pass(HOUR_MS - 1000);
  assert.deepEqual(played.told, [EVENING]);
  await played.pass(1000);
  assert.deepEqual(played.told, [EVENING, EVENING + 3600], "at 00:00 UTC");
  for (let hours = 0; hours < 23; hours += 1) await played.pass(HOUR_MS);
  assert.equal(played.told.length, 2);
  await played.pass(HOUR_MS);
  assert.equal(played.told.length, 3);
});

test("what another server has changed is told within the hour, and a clock that jumps is noticed", async (t) => {
  const played = createPlayed(t);
  await using teller = played.teller;
  played.state.now += 3600;
  teller.wake();
  await settled();
  played.state.version = 2;
  await played.pass(HOUR_MS);
  assert.equal(played.told.length, 2);
  played.state.now += 40 * 86_400;
  await played.pass(HOUR_MS);
  assert.equal(played.told.length, 3);
});

test("a failure is tried again after a while, and nothing is sent for it", async (t) => {
  const played = createPlayed(t);
  await using teller = played.teller;
  played.state.fails = true;
  teller.wake();
  await settled();
  await played.pass(5000);
  played.state.fails = false;
  played.state.count = 2;
  assert.deepEqual([played.told.length, played.sent()], [0, 0]);
  await played.pass(5000);
  assert.deepEqual([played.told.length, played.sent()], [1, 1]);
});

test("once it is stopped it looks no more", async (t) => {
  const played = createPlayed(t);
  played.teller.wake();
  await settled();
  await played.teller[Symbol.asyncDispose]();
  played.teller.wake();
  await played.pass(48 * HOUR_MS);
  assert.equal(played.told.length, 1);
  assert.equal(await played.teller.tick(), 0);
});
