import assert from "node:assert/strict";
import { test } from "node:test";
import { end, piece, usage } from "../generation/fixtures/played-answers.ts";
import { createTestApp, type TestApp } from "../test-app.ts";
import {
  appWith,
  callPiece,
  calls,
  DONE,
  heldEngine,
  hello,
  playedEngine,
  RESPONSES,
  text,
  untilStatus,
} from "../test-responses.ts";

const CONVERSATIONS = "/v1/conversations";
const user = (content: string) => ({ role: "user", content });

const create = (app: TestApp, body: object = {}) => app.json(app.post(CONVERSATIONS, body));

type Shown = { type: string; content?: { text: string }[]; output?: string };
async function saidIn(app: TestApp, id: string): Promise<unknown[]> {
  const { data } = await app.json(app.call(`${CONVERSATIONS}/${id}/items?order=asc&limit=100`));
  return data.map((item: Shown) => item.content?.[0]?.text ?? item.output ?? item.type);
}

test("a conversation is made, read, changed and deleted with all that is in it", async () => {
  await using app = await createTestApp();
  const made = await create(app, { items: [user("a")], metadata: { a: "1" } });
  assert.match(made.id, /^conv_/);
  assert.deepEqual(await app.json(app.call(`${CONVERSATIONS}/${made.id}`)), made);
  const changed = await app.json(app.post(`${CONVERSATIONS}/${made.id}`, { metadata: { b: "2" } }));
  assert.deepEqual(changed, { ...made, metadata: { b: "2" } });
  const deleted = await app.json(app.call(`${CONVERSATIONS}/${made.id}`, { method: "DELETE" }));
  assert.deepEqual(deleted, { id: made.id, object: "conversation.deleted", deleted: true });
  for (const path of ["", "/items"])
    assert.equal((await app.call(`${CONVERSATIONS}/${made.id}${path}`)).status, 404);
});

test("items are added, listed page by page, read and deleted", async () => {
  await using app = await createTestApp();
  const { id } = await create(app);
  const empty = await app.json(app.call(`${CONVERSATIONS}/${id}/items`));
  assert.deepEqual([empty.data, empty.has_more], [[], false]);
  const added = await app.json(
    app.post(`${CONVERSATIONS}/${id}/items`, { items: ["1", "2", "3"].map(user) }),
  );
  assert.equal(added.data.length, 3);
  const page = await app.json(app.call(`${CONVERSATIONS}/${id}/items?limit=2`));
  assert.deepEqual([page.data, page.has_more], [[added.data[2], added.data[1]], true]);
  const next = await app.json(app.call(`${CONVERSATIONS}/${id}/items?after=${page.last_id}`));
  assert.deepEqual([next.data, next.has_more], [[added.data[0]], false]);
  const path = `${CONVERSATIONS}/${id}/items/${added.first_id}`;
  assert.deepEqual(await app.json(app.call(path)), added.data[0]);
  assert.equal((await app.json(app.call(path, { method: "DELETE" }))).object, "conversation");
  assert.equal((await app.call(path)).status, 404);
  assert.deepEqual(await saidIn(app, id), ["2", "3"]);
});

test("an id is in a conversation once", async () => {
  await using app = await createTestApp();
  const item = { ...user("a"), type: "message", id: "msg_mine" };
  const { id } = await create(app, { items: [item] });
  for (const items of [
    [item],
    [
      { ...item, id: "msg_x" },
      { ...item, id: "msg_x" },
    ],
  ]) {
    const refused = await app.json(app.post(`${CONVERSATIONS}/${id}/items`, { items }));
    assert.match(refused.error.message, /Duplicate item/);
  }
  await create(app, { items: [item] });
});

test("an item that a client library wrote out is taken as it was given", async () => {
  await using app = await createTestApp();
  const { id } = await create(app);
  const part = { type: "input_text", text: "hi", prompt_cache_breakpoint: null };
  const item = {
    id: "msg_1",
    type: "message",
    role: "user",
    status: "completed",
    content: [part],
    phase: null,
  };
  const { data } = await app.json(app.post(`${CONVERSATIONS}/${id}/items`, { items: [item] }));
  const { phase: _, ...kept } = item;
  assert.deepEqual(data, [{ ...kept, content: [{ type: "input_text", text: "hi" }] }]);
});

test("a response in a conversation is told all of it, and adds its own turn", async () => {
  const engine = playedEngine(calls(callPiece(0, "{}", "add")), text("two"));
  await using app = await appWith(engine.chat);
  const { id } = await create(app, { items: [user("before")] });
  const first = await app.json(
    app.post(RESPONSES, { ...hello, conversation: id, tools: [{ type: "function", name: "add" }] }),
  );
  assert.deepEqual(first.conversation, { id });
  const output = { type: "function_call_output", call_id: first.output[0].call_id, output: "2" };
  await app.post(RESPONSES, { model: "tiny-base", conversation: { id }, input: [output] });
  assert.equal(Object.keys(engine.asked[1]?.body.messages ?? {}).length, 4);
  assert.deepEqual(await saidIn(app, id), ["before", "hi", "function_call", "2", "two"]);
});

test("one response at a time is made in a conversation; one in the background holds it, too", async () => {
  const engine = heldEngine();
  await using app = await appWith(engine.chat);
  const { id } = await create(app);
  const queued = await app.json(app.post(RESPONSES, { ...hello, conversation: id, background: true }));
  const run = await engine.nextRun();
  for (const stream of [false, true]) {
    const refused = await app.post(RESPONSES, { ...hello, conversation: id, stream });
    const { error } = await app.json(refused);
    assert.deepEqual([refused.status, error.code, error.param], [400, "conversation_locked", "conversation"]);
    assert.equal(refused.headers.get("x-should-retry"), "true");
  }
  run.say(piece("hey"), end, usage, DONE);
  await untilStatus(app, queued.id, "completed");
  assert.deepEqual(await saidIn(app, id), ["hi", "hey"]);
  const next = app.post(RESPONSES, { ...hello, conversation: id });
  (await engine.nextRun()).say(piece("again"), end, usage, DONE);
  assert.equal((await next).status, 200);
});

test("a cancelled or failed response adds nothing to its conversation, and lets it go", async () => {
  const engine = heldEngine();
  await using app = await appWith(engine.chat);
  const { id } = await create(app);
  const queued = await app.json(app.post(RESPONSES, { ...hello, conversation: id, background: true }));
  (await engine.nextRun()).say(piece("he"));
  await app.post(`${RESPONSES}/${queued.id}/cancel`, {});
  const failing = app.post(RESPONSES, { ...hello, conversation: id });
  (await engine.nextRun()).say(DONE);
  assert.equal((await failing).status, 503);
  assert.deepEqual(await saidIn(app, id), []);
});

test("deleting a conversation while a response is made in it leaves the response", async () => {
  const engine = heldEngine();
  await using app = await appWith(engine.chat);
  const { id } = await create(app);
  const queued = await app.json(app.post(RESPONSES, { ...hello, conversation: id, background: true }));
  const run = await engine.nextRun();
  await app.call(`${CONVERSATIONS}/${id}`, { method: "DELETE" });
  run.say(piece("hey"), end, usage, DONE);
  assert.equal((await untilStatus(app, queued.id, "completed")).conversation.id, id);
});

test("another project sees nothing of a conversation", async () => {
  await using app = await createTestApp();
  const { id } = await create(app, { items: [{ ...user("a"), id: "msg_1" }] });
  const stranger = await app.otherKey();
  const asked: [string, string, string | undefined][] = [
    ["GET", "", undefined],
    ["POST", "", '{"metadata":{}}'],
    ["DELETE", "", undefined],
    ["GET", "/items", undefined],
    ["POST", "/items", '{"items":[{"role":"user","content":"x"}]}'],
    ["GET", "/items/msg_1", undefined],
    ["DELETE", "/items/msg_1", undefined],
  ];
  for (const [method, path, body] of asked) {
    const init = body === undefined ? { method } : { method, body };
    assert.equal((await app.call(`${CONVERSATIONS}/${id}${path}`, init, stranger)).status, 404);
  }
  const refused = await app.post(RESPONSES, { ...hello, conversation: id }, stranger);
  assert.equal((await app.json(refused)).error.code, "conversation_not_found");
});
