import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createByteQueue } from "./byte-queue.ts";

const MOST = 1000;

function setUp() {
  const told: string[] = [];
  let held = 0;
  const queue = createByteQueue({
    mostBytes: () => MOST,
    onHeld: (bytes) => {
      held += bytes;
    },
    onRoom: () => told.push("room"),
    onLeave: () => told.push("left"),
  });
  return { queue, told, held: () => held, reader: queue.bytes[Symbol.asyncIterator]() };
}

const paces = fc.array(fc.nat(3), { minLength: 1 });

async function pause(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await null;
}

test("what is written is read in order, whoever is faster", async () => {
  const words = fc.array(fc.string({ minLength: 1 }));
  await fc.assert(
    fc.asyncProperty(words, paces, paces, async (all, writing, reading) => {
      const { queue } = setUp();
      async function write(): Promise<void> {
        for (const [index, word] of all.entries()) {
          queue.write(Buffer.from(word));
          await pause(writing[index % writing.length] ?? 0);
        }
        queue.end();
      }
      const written = write();
      let read = "";
      for await (const bytes of queue.bytes) {
        read += Buffer.from(bytes);
        await pause(reading[read.length % reading.length] ?? 0);
      }
      await written;
      assert.equal(read, all.join(""));
    }),
  );
});

test("what comes at the same time comes together", async () => {
  const { queue, reader } = setUp();
  const next = reader.next();
  for (const word of ["a", "b", "c"]) queue.write(Buffer.from(word));
  assert.equal(String((await next).value), "abc");
});

test("a writer is told when it is full, and when there is room again", async () => {
  const { queue, told, held, reader } = setUp();
  assert.equal(queue.write(Buffer.alloc(100)), true);
  assert.equal(queue.write(Buffer.alloc(MOST)), false);
  assert.deepEqual(told, []);
  assert.ok(held() > MOST + 100);
  assert.equal((await reader.next()).value?.length, MOST + 100);
  assert.equal(held(), 0);
  assert.deepEqual(told, ["room"]);
  assert.equal(queue.write(Buffer.alloc(100)), true);
});

test("a failure comes after what was written before it, once or more often", async () => {
  const { queue, reader } = setUp();
  queue.write(Buffer.from("a"));
  queue.fail(new Error("broken"));
  queue.end();
  assert.equal(String((await reader.next()).value), "a");
  await assert.rejects(reader.next(), /broken/);
  await assert.rejects(reader.next(), /broken/);
});

test("a reader that leaves is told of once, and what comes then is dropped", async () => {
  const { queue, told, held, reader } = setUp();
  const waiting = reader.next();
  await reader.return();
  await reader.return();
  assert.equal((await waiting).done, true);
  for (let turn = 0; turn < 9; turn += 1) assert.equal(queue.write(Buffer.alloc(MOST)), true);
  assert.deepEqual([told, held(), (await reader.next()).done], [["left"], 0, true]);
});

test("to leave what has ended is nothing to be told of", async () => {
  const { queue, told, reader } = setUp();
  queue.end();
  await reader.return();
  assert.deepEqual(told, []);
});
