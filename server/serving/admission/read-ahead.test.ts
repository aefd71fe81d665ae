import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { silentLog } from "../../platform/log.ts";
import { settings } from "../fixtures/real-model.ts";
import { ask, never, textOf, until } from "../fixtures/replies.ts";
import { createServing } from "../serving.ts";
import { playUpstream } from "../upstream/fixtures/openai-server.ts";
import { createReadAhead } from "./read-ahead.ts";

const KB = 1024;
const piece = Buffer.alloc(64 * KB);

function endless(readAhead = createReadAhead()) {
  let pulled = 0;
  let ended = 0;
  async function* pieces() {
    for (;;) {
      pulled += 1;
      yield piece;
    }
  }
  const body = readAhead(pieces(), () => {
    ended += 1;
  });
  return { body, pulledBytes: () => pulled * piece.length, ended: () => ended };
}

async function settled(): Promise<void> {
  for (let turns = 0; turns < 100; turns += 1) await turn();
}

test("an engine that is done frees its place, though its client has read nothing", async () => {
  const begun: ServerResponse[] = [];
  await using upstream = await playUpstream((response) => void begun.push(response));
  const server = { name: "acme", url: upstream.url, apiKey: null, concurrency: 1 };
  await using serving = createServing({
    config: settings,
    bases: new Map(),
    upstreamModels: new Map([
      ["fast", { id: "fast", model: "fast", contextLength: 1000, createdAt: 0, server }],
    ]),
    ggufOf: () => "",
    peftOf: () => "",
    logFolder: "",
    log: silentLog,
  });
  const target = { projectId: "one", base: { id: "fast" }, adapter: null };
  const chat = () => serving.chat(target, ask("Hi", { stream: true }), never);
  const [first, second] = [chat(), chat()];
  await until(() => begun.length === 1, 1);
  const said = "data: a piece\n\n".repeat(10_000);
  begun[0]?.end(said);
  const unread = await first;
  await until(() => begun.length === 2, 1);
  begun[1]?.end("second");
  assert.equal(await textOf(await second), "second");
  assert.deepEqual(serving.queues(), [{ base: "upstream:acme", working: 0, waiting: 0 }]);
  assert.equal(await textOf(unread), said);
});

test("an engine is read a bounded way ahead, and further as its client reads", async () => {
  const { body, pulledBytes, ended } = endless();
  await settled();
  const ahead = pulledBytes();
  assert.ok(ahead >= 1000 * KB && ahead < 1200 * KB, `${ahead} bytes`);
  const reader = body[Symbol.asyncIterator]();
  const { value } = await reader.next();
  await settled();
  assert.ok(pulledBytes() > ahead && pulledBytes() <= ahead + value.length + 2 * piece.length);
  assert.equal(ended(), 0);
  await reader.return?.();
  assert.equal(ended(), 1);
});

test("an engine that fails is done, and its client hears of it after what was said", async () => {
  let ended = 0;
  async function* failing() {
    yield Buffer.from("said");
    throw new Error("broken");
  }
  const reader = createReadAhead()(failing(), () => {
    ended += 1;
  })[Symbol.asyncIterator]();
  await settled();
  assert.equal(ended, 1);
  assert.equal(String((await reader.next()).value), "said");
  await assert.rejects(reader.next(), /broken/);
});

test("of many unread answers together so much is held, and then less of each", async () => {
  const readAhead = createReadAhead();
  const all = Array.from({ length: 200 }, () => endless(readAhead));
  await settled();
  const pulled = all.reduce((sum, one) => sum + one.pulledBytes(), 0);
  assert.ok(pulled < 150 * KB * KB, `${pulled} bytes`);
  for (const { body } of all) await body[Symbol.asyncIterator]().return?.();
  const later = endless(readAhead);
  await settled();
  assert.ok(later.pulledBytes() >= 1000 * KB);
});
