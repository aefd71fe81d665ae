import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { createWatchdog } from "./watchdog.ts";

/** A watchdog of a second on a clock that the test drives. */
function withClock() {
  mock.timers.enable({ apis: ["setInterval"] });
  let calls = 0;
  const watchdog = createWatchdog(1000, () => {
    calls += 1;
  });
  return {
    watchdog,
    calls: () => calls,
    pass: (ms: number) => {
      for (let at = 0; at < ms; at += 100) mock.timers.tick(100);
    },
    [Symbol.dispose]: () => {
      watchdog[Symbol.dispose]();
      mock.timers.reset();
    },
  };
}

test("silence is told once, after as long as it was given", () => {
  using clock = withClock();
  clock.watchdog.hear();
  clock.pass(900);
  assert.equal(clock.calls(), 0);
  clock.pass(5000);
  assert.equal(clock.calls(), 1);
});

test("whatever is heard puts it off, and nobody waits while that is worked on", () => {
  using clock = withClock();
  clock.pass(5000);
  for (let times = 0; times < 5; times += 1) {
    clock.watchdog.hear();
    clock.pass(900);
  }
  clock.watchdog.rest();
  clock.pass(5000);
  assert.equal(clock.calls(), 0);
});
