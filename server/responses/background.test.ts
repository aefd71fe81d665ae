import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { end, piece, usage } from "../generation/fixtures/played-answers.ts";
import {
  appWith,
  DONE,
  eventsOf,
  heldEngine,
  hello,
  playedEngine,
  RESPONSES,
  streamedAgain,
  text,
  untilStatus,
} from "../test-responses.ts";

const inBackground = { ...hello, background: true };

function newFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "perennial-responses-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test("a background response is answered as it is queued, and made without its client", async () => {
  await using app = await appWith(playedEngine(text("he", "y")).chat);
  const queued = await app.json(app.post(RESPONSES, inBackground));
  assert.deepEqual([queued.status, queued.background, queued.output], ["queued", true, []]);
  const done = await untilStatus(app, queued.id, "completed");
  assert.equal(done.output[0].content[0].text, "hey");
  assert.equal(done.usage.total_tokens, 6);
});

test("its stream begins with its place in the queue, and can be left and taken up", async () => {
  const engine = heldEngine();
  await using app = await appWith(engine.chat);
  const posting = await app.post(RESPONSES, { ...inBackground, stream: true });
  const reader = posting.body?.getReader();
  const run = await engine.nextRun();
  run.say(piece("he"));
  let seen = "";
  while (!seen.includes("output_text.delta"))
    seen += Buffer.from((await reader?.read())?.value ?? []).toString();
  await reader?.cancel();
  assert.equal(run.signal.aborted, false);
  const first = eventsOf(seen);
  assert.deepEqual(
    first.slice(0, 3).map((event) => [event.type, event.response.status]),
    [
      ["response.created", "queued"],
      ["response.queued", "queued"],
      ["response.in_progress", "in_progress"],
    ],
  );
  const { id } = first[0].response;
  const rest = streamedAgain(app, id, first.at(-1).sequence_number);
  run.say(piece("y"), end, usage, DONE);
  const all = [...first, ...(await rest)];
  assert.deepEqual(
    all.map((event) => event.sequence_number),
    all.map((_, index) => index),
  );
  assert.equal(all.at(-1).response.output[0].content[0].text, "hey");
  assert.deepEqual(await streamedAgain(app, id), all);
});

test("cancelling one that runs frees the engine at once and keeps what was said", async () => {
  const engine = heldEngine();
  await using app = await appWith(engine.chat);
  const { id } = await app.json(app.post(RESPONSES, inBackground));
  const run = await engine.nextRun();
  run.say(piece("he"));
  const following = streamedAgain(app, id);
  await untilStatus(app, id, "in_progress");
  const cancelled = await app.json(app.post(`${RESPONSES}/${id}/cancel`, {}));
  assert.equal(run.signal.aborted, true);
  assert.equal(cancelled.status, "cancelled");
  const last = (await following).at(-1);
  assert.deepEqual([last.type, last.response.status], ["response.incomplete", "cancelled"]);
  const again = await app.post(`${RESPONSES}/${id}/cancel`, {});
  assert.deepEqual([again.status, await app.json(again)], [200, cancelled]);
});

test("cancelling one that waits ends it before it is begun", async () => {
  const engine = heldEngine();
  await using app = await appWith(engine.chat, { environment: { PERENNIAL_ENGINE_SLOTS: "1" } });
  const running = await app.json(app.post(RESPONSES, inBackground));
  const run = await engine.nextRun();
  const { id } = await app.json(app.post(RESPONSES, inBackground));
  assert.equal((await app.json(app.post(`${RESPONSES}/${id}/cancel`, {}))).status, "cancelled");
  assert.deepEqual(
    (await streamedAgain(app, id)).map((event) => event.type),
    ["response.created", "response.queued", "response.incomplete"],
  );
  run.say(piece("x"), end, usage, DONE);
  await untilStatus(app, running.id, "completed");
});

test("what has ended and what somebody waited for cannot be cancelled", async () => {
  await using app = await appWith(playedEngine(text("hey")).chat);
  const ended = await app.json(app.post(RESPONSES, inBackground));
  await untilStatus(app, ended.id, "completed");
  const waited = await app.json(app.post(RESPONSES, hello));
  for (const { id } of [ended, waited]) {
    const response = await app.post(`${RESPONSES}/${id}/cancel`, {});
    assert.deepEqual([response.status, (await app.json(response)).error.param], [400, "response_id"]);
  }
});

test("deleting one that runs ends it, and it is gone with its stream and its items", async () => {
  const engine = heldEngine();
  await using app = await appWith(engine.chat);
  const { id } = await app.json(app.post(RESPONSES, inBackground));
  const run = await engine.nextRun();
  run.say(piece("he"));
  const deleted = await app.json(app.call(`${RESPONSES}/${id}`, { method: "DELETE" }));
  assert.deepEqual(deleted, { id, object: "response", deleted: true });
  assert.equal(run.signal.aborted, true);
  for (const path of [id, `${id}?stream=true`, `${id}/input_items`])
    assert.equal((await app.call(`${RESPONSES}/${path}`)).status, 404);
  assert.equal((await app.call(`${RESPONSES}/${id}`, { method: "DELETE" })).status, 404);
});

test("an engine that asks to wait is asked again; a request at fault fails with what is wrong", async () => {
  let asked = 0;
  await using app = await appWith(async () => {
    asked += 1;
    async function* refusal() {
      yield Buffer.from(JSON.stringify({ error: { message: "bad grammar", type: "invalid_request_error" } }));
    }
    return asked === 1 ? { status: 500, body: refusal() } : { status: 400, body: refusal() };
  });
  const { id } = await app.json(app.post(RESPONSES, inBackground));
  const failed = await untilStatus(app, id, "failed");
  assert.deepEqual(failed.error, { code: "invalid_prompt", message: "bad grammar" });
  assert.equal(asked, 2);
});

test("a response that a stop interrupts is made anew, and whoever follows it sees so", async (t) => {
  const folder = newFolder(t);
  const engine = heldEngine();
  const first = await appWith(engine.chat, { folder });
  const { id } = await first.json(first.post(RESPONSES, inBackground));
  (await engine.nextRun()).say(piece("lost "));
  const seen: { type: string; sequence_number: number }[] = [];
  const response = await first.call(`${RESPONSES}/${id}?stream=true`);
  const reader = response.body?.getReader();
  while (!seen.some((event) => event.type === "response.output_text.delta"))
    seen.push(...eventsOf(Buffer.from((await reader?.read())?.value ?? []).toString()));
  await reader?.cancel();
  await first[Symbol.asyncDispose]();

  await using second = await appWith(playedEngine(text("found")).chat, { folder });
  const done = await untilStatus(second, id, "completed");
  assert.equal(done.output[0].content[0].text, "found");
  const last = seen.at(-1)?.sequence_number ?? 0;
  const rest = await streamedAgain(second, id, last);
  assert.deepEqual(
    rest.slice(0, 3).map((event) => event.type),
    ["response.queued", "response.in_progress", "response.output_item.added"],
  );
  assert.ok(rest.every((event, index) => event.sequence_number === rest[0].sequence_number + index));
  assert.ok(rest[0].sequence_number > last);
  // Whoever asks for all of it sees one answer.
  assert.deepEqual((await streamedAgain(second, id)).slice(2), rest);
});

test("one that waits when the server stops keeps its place", async (t) => {
  const folder = newFolder(t);
  const environment = { PERENNIAL_ENGINE_SLOTS: "1" };
  const engine = heldEngine();
  const first = await appWith(engine.chat, { folder, environment });
  await first.post(RESPONSES, inBackground);
  await engine.nextRun();
  const { id } = await first.json(first.post(RESPONSES, inBackground));
  await first[Symbol.asyncDispose]();
  await using second = await appWith(playedEngine(text("hey")).chat, { folder, environment });
  await untilStatus(second, id, "completed");
  assert.deepEqual(
    (await streamedAgain(second, id)).slice(0, 3).map((event) => [event.type, event.sequence_number]),
    [
      ["response.created", 0],
      ["response.queued", 1],
      ["response.in_progress", 2],
    ],
  );
});

test("a project may have so many open; the next one is told to wait", async () => {
  const engine = heldEngine();
  await using app = await appWith(engine.chat);
  for (let count = 0; count < 100; count += 1)
    assert.equal((await app.post(RESPONSES, inBackground)).status, 200);
  const refused = await app.post(RESPONSES, inBackground);
  assert.deepEqual([refused.status, refused.headers.get("retry-after")], [429, "10"]);
  const other = await app.otherKey();
  assert.equal((await app.post(RESPONSES, inBackground, other)).status, 200);
});

test("a response that its client waited for when the server stopped has failed, with what it had said", async (t) => {
  const folder = newFolder(t);
  const engine = heldEngine();
  const first = await appWith(engine.chat, { folder });
  const posting = first.post(RESPONSES, { ...hello, stream: true });
  (await engine.nextRun()).say(piece("he"), piece("y"));
  const reader = (await posting).body?.getReader();
  let seen = "";
  while (!seen.includes('"delta":"y"')) seen += Buffer.from((await reader?.read())?.value ?? []).toString();
  const events = eventsOf(seen);
  await first[Symbol.asyncDispose]();
  await using second = await appWith(playedEngine(text("x")).chat, { folder });
  const { id } = events[0].response;
  const failed = await second.json(second.call(`${RESPONSES}/${id}`));
  assert.deepEqual([failed.status, failed.error.code], ["failed", "server_error"]);
  assert.deepEqual([failed.output[0].status, failed.output[0].content[0].text], ["incomplete", "hey"]);
  const rest = await streamedAgain(second, id, events.at(-1).sequence_number);
  assert.deepEqual(
    rest.map((event) => [event.type, event.sequence_number]),
    [["response.failed", events.length]],
  );
});

test("a response during which the server died three times has failed", async (t) => {
  const folder = newFolder(t);
  const engine = heldEngine();
  const first = await appWith(engine.chat, { folder });
  const { id } = await first.json(first.post(RESPONSES, inBackground));
  await engine.nextRun();
  await first[Symbol.asyncDispose]();
  // As three crashes leave it: a stop takes its attempt back, a crash does not.
  const sqlite = new DatabaseSync(join(folder, "perennial.sqlite"));
  sqlite.prepare("update responses set attempts = 3 where id = ?").run(id);
  sqlite.close();
  await using second = await appWith(engine.chat, { folder });
  const failed = await second.json(second.call(`${RESPONSES}/${id}`));
  assert.equal(failed.status, "failed");
  assert.match(failed.error.message, /stopped 3 times/);
});
