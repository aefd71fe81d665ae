import assert from "node:assert/strict";
import { test } from "node:test";
import { createHeldTimers } from "../fixtures/played-engine.ts";
import { createSilenceWatch } from "./silence-watch.ts";

function setUp() {
  const { timers, pass } = createHeldTimers();
  const engine = { heard: 0, isUsed: true, isWaitedFor: true, hangs: 0 };
  const watch = createSilenceWatch({
    timers,
    silenceMs: 60_000,
    heardBytes: () => engine.heard,
    isUsed: () => engine.isUsed,
    isWaitedFor: () => engine.isWaitedFor,
    onSilence: () => {
      engine.hangs += 1;
    },
  });
  watch.begin();
  const seconds = (count: number) => {
    for (let second = 0; second < count; second += 1) pass(1_000);
  };
  return { engine, watch, seconds };
}

test("an engine that says nothing for so long hangs, once", () => {
  const { engine, seconds } = setUp();
  seconds(59);
  assert.equal(engine.hangs, 0);
  seconds(20);
  assert.equal(engine.hangs, 1);
  seconds(200);
  assert.equal(engine.hangs, 1);
});

test("every byte is a sign of life", () => {
  const { engine, seconds } = setUp();
  for (let times = 0; times < 10; times += 1) {
    seconds(50);
    engine.heard += 1;
  }
  assert.equal(engine.hangs, 0);
});

test("an engine whose reader is slow is not silent", () => {
  const { engine, seconds } = setUp();
  engine.isWaitedFor = false;
  seconds(300);
  engine.isWaitedFor = true;
  seconds(59);
  assert.equal(engine.hangs, 0);
  seconds(20);
  assert.equal(engine.hangs, 1);
});

test("an engine that nobody uses is not looked at; its silence counts from its next use", () => {
  const { engine, watch, seconds } = setUp();
  engine.isUsed = false;
  seconds(300);
  engine.isUsed = true;
  watch.begin();
  seconds(59);
  assert.equal(engine.hangs, 0);
  watch.stop();
  seconds(300);
  assert.equal(engine.hangs, 0);
});
