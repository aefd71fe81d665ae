import assert from "node:assert/strict";
import { test } from "node:test";
import { countEvents, createEventCount } from "./events.ts";

const STREAM = Buffer.from('data: {"a":1}\n\ndata: {"b":"\\n"}\n\ndata: [DONE]\n\n');

function countIn(size: number) {
  const count = createEventCount();
  const buffer = Buffer.alloc(size);
  for (let at = 0; at < STREAM.length; at += size)
    countEvents(count, buffer.subarray(0, STREAM.copy(buffer, 0, at, at + size)));
  return count;
}

test("events are counted however the network cuts them", () => {
  for (let size = 1; size <= STREAM.length; size += 1) assert.equal(countIn(size).events, 3, `${size} bytes`);
});

test("a stream is done only once its last event has come", () => {
  assert.equal(countIn(STREAM.length).isDone, true);
  assert.equal(countIn(5).isDone, true);
  const count = createEventCount();
  countEvents(count, STREAM.subarray(0, 30));
  assert.equal(count.isDone, false);
});
