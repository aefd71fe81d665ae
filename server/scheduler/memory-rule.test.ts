import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { admit, roomFor } from "./memory-rule.ts";

const GB = 1e9;
const idle = { totalBytes: 16 * GB, availableBytes: 10 * GB };

const cases: [string, number | null, ReturnType<typeof roomFor>, number, string][] = [
  ["fits", 4 * GB, roomFor(idle, []), 0, "start"],
  ["is of unknown size", null, roomFor(idle, [{ estimate: 9 * GB, held: 0 }]), 1, "start"],
  ["is larger than the machine", 17 * GB, roomFor(idle, []), 0, "never"],
  ["fits only without what other programs hold", 12 * GB, roomFor(idle, []), 0, "later"],
  [
    "would take what a training has yet to grow to",
    4 * GB,
    roomFor(idle, [{ estimate: 8 * GB, held: 1 * GB }]),
    1,
    "hold",
  ],
  [
    "fits beside a training that has grown",
    4 * GB,
    roomFor({ ...idle, availableBytes: 5 * GB }, [{ estimate: 6 * GB, held: 6 * GB }]),
    1,
    "start",
  ],
  [
    "fits only once the trainings have ended",
    9 * GB,
    roomFor({ ...idle, availableBytes: 5 * GB }, [{ estimate: 6 * GB, held: 6 * GB }]),
    1,
    "hold",
  ],
  [
    "would not fit even then",
    12 * GB,
    roomFor({ ...idle, availableBytes: 5 * GB }, [{ estimate: 6 * GB, held: 6 * GB }]),
    1,
    "later",
  ],
];
for (const [what, need, room, trainings, expected] of cases) {
  test(`a job that ${what}: ${expected}`, () => assert.equal(admit(need, room, trainings), expected));
}

test("where nobody says what is available, the total is shared out by what trainings need", () => {
  const memory = { totalBytes: 8 * GB, availableBytes: null };
  assert.equal(admit(7 * GB, roomFor(memory, []), 0), "start");
  assert.equal(admit(3 * GB, roomFor(memory, [{ estimate: 6 * GB, held: 0 }]), 1), "hold");
  assert.equal(admit(2 * GB, roomFor(memory, [{ estimate: 6 * GB, held: 0 }]), 1), "start");
});

const needs = fc.array(fc.integer({ min: 1, max: 16 }), { minLength: 1, maxLength: 30 });

test("trainings that start never need more than there is, and every job that fits the machine gets its turn", () => {
  fc.assert(
    fc.property(needs, (queue) => {
      const waiting = queue.map((gigabytes) => gigabytes * GB);
      const memory = { totalBytes: 12 * GB, availableBytes: 12 * GB };
      let running: number[] = [];
      let started = 0;
      let refused = 0;
      for (let ticks = 0; waiting.length > 0 && ticks < 200; ticks += 1) {
        const [need = 0] = waiting;
        const atWork = running.map((estimate) => ({ estimate, held: 0 }));
        const outcome = admit(need, roomFor(memory, atWork), running.length);
        if (outcome === "start") {
          running.push(need);
          started += 1;
        }
        if (outcome === "never") refused += 1;
        if (outcome === "start" || outcome === "never") waiting.shift();
        else running = running.slice(1);
        assert.ok(running.reduce((sum, one) => sum + one, 0) <= memory.availableBytes);
      }
      assert.equal(started, queue.filter((one) => one <= 12).length);
      assert.equal(refused, queue.filter((one) => one > 12).length);
    }),
  );
});
