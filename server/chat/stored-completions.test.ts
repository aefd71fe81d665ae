import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bytes,
  CHAT,
  end,
  hello,
  piece,
  playedEngine,
  usage,
} from "../generation/fixtures/played-answers.ts";
import { createTestApp, type TestApp } from "../test-app.ts";

const store = (app: TestApp, changes: object = {}, key?: string) =>
  app.json(app.post(CHAT, { ...hello, store: true, ...changes }, key));
const idsOf = (page: { data: { id: string }[] }) => page.data.map(({ id }) => id);

test("what is stored is what was answered, with its metadata and parameters", async () => {
  await using app = await createTestApp();
  const answered = await store(app, { metadata: { team: "red" }, temperature: 0.5, user: "u1" });
  const stored = await app.json(app.call(`${CHAT}/${answered.id}`));
  assert.deepEqual(stored, { ...stored, ...answered });
  assert.deepEqual([stored.metadata, stored.temperature, stored.input_user], [{ team: "red" }, 0.5, "u1"]);
});

test("nothing is stored unless it is asked for", async () => {
  await using app = await createTestApp();
  const { id, metadata } = await app.json(app.post(CHAT, { ...hello, metadata: { a: "b" } }));
  assert.equal(metadata, undefined);
  assert.equal((await app.call(`${CHAT}/${id}`)).status, 404);
});

test("a stream is stored whole before its end is told", async () => {
  const { chat } = playedEngine(() => bytes(piece("he"), piece("llo"), end, usage, "data: [DONE]\n\n"), 200);
  await using app = await createTestApp({ serving: { chat } });
  const text = await (await app.post(CHAT, { ...hello, n: 2, store: true, stream: true })).text();
  const id = /"id":"(chatcmpl-\w+)"/.exec(text)?.[1];
  const stored = await app.json(app.call(`${CHAT}/${id}`));
  assert.deepEqual(
    stored.choices.map((choice: { message: { content: string }; finish_reason: string }) => [
      choice.message.content,
      choice.finish_reason,
    ]),
    [
      ["hello", "stop"],
      ["hello", "stop"],
    ],
  );
  assert.equal(stored.usage.completion_tokens, 4);
});

test("a stream that breaks off is not stored", async () => {
  const { chat } = playedEngine(() => bytes(piece("he")), 200);
  await using app = await createTestApp({ serving: { chat } });
  await (await app.post(CHAT, { ...hello, store: true, stream: true })).text();
  assert.deepEqual(idsOf(await app.json(app.call(CHAT))), []);
});

test("stored completions are listed in pages, either way, by model and by metadata", async () => {
  await using app = await createTestApp();
  const ids: string[] = [];
  for (const team of ["red", "blue", "red", "red"])
    ids.push((await store(app, { metadata: { team, x: "1" } })).id);
  const list = (query: string) => app.json(app.call(`${CHAT}?${query}`));
  const first = await list("limit=3");
  assert.deepEqual([idsOf(first), first.has_more], [ids.slice(0, 3), true]);
  assert.deepEqual([first.first_id, first.last_id], [ids[0], ids[2]]);
  assert.deepEqual(idsOf(await list(`after=${first.last_id}`)), ids.slice(3));
  assert.deepEqual(idsOf(await list("order=desc&limit=2")), [ids[3], ids[2]]);
  assert.deepEqual(idsOf(await list(`order=desc&after=${ids[1]}`)), [ids[0]]);
  assert.deepEqual(idsOf(await list("metadata[team]=red&metadata[x]=1")), [ids[0], ids[2], ids[3]]);
  assert.deepEqual(idsOf(await list("metadata[team]=green")), []);
  assert.deepEqual(idsOf(await list("model=tiny-base&metadata[team]=blue")), [ids[1]]);
  assert.deepEqual(idsOf(await list("model=another")), []);
});

test("its messages are told in pages, each with an id, parts apart from text", async () => {
  await using app = await createTestApp();
  const messages = [
    { role: "system", content: "be brief" },
    {
      role: "user",
      name: "eve",
      content: [
        { type: "text", text: "a" },
        { type: "text", text: "b" },
      ],
    },
    {
      role: "assistant",
      content: null,
      tool_calls: [{ id: "c", type: "function", function: { name: "f", arguments: "{}" } }],
    },
    { role: "tool", tool_call_id: "c", content: "7" },
  ];
  const { id } = await store(app, { messages });
  const list = (query = "") => app.json(app.call(`${CHAT}/${id}/messages${query}`));
  const { data, has_more } = await list();
  assert.equal(has_more, false);
  assert.deepEqual(
    data.map((one: { role: string }) => one.role),
    ["system", "user", "assistant", "tool"],
  );
  assert.deepEqual(
    [data[1].content, data[1].content_parts, data[1].name],
    [null, messages[1]?.content, "eve"],
  );
  assert.deepEqual([data[0].content, data[0].content_parts], ["be brief", null]);
  assert.deepEqual(data[2].tool_calls, messages[2]?.tool_calls);
  assert.deepEqual(idsOf(await list(`?limit=2&after=${data[0].id}`)), [data[1].id, data[2].id]);
  assert.deepEqual(idsOf(await list("?order=desc&limit=1")), [data[3].id]);
});

test("only the metadata changes, and what is deleted is gone", async () => {
  await using app = await createTestApp();
  const before = await store(app, { metadata: { a: "1" } });
  const path = `${CHAT}/${before.id}`;
  const after = await app.json(app.post(path, { metadata: { b: "2" } }));
  assert.deepEqual([after.metadata, after.choices], [{ b: "2" }, before.choices]);
  assert.deepEqual((await app.json(app.post(path, { metadata: null }))).metadata, {});
  assert.deepEqual(await app.json(app.call(path, { method: "DELETE" })), {
    object: "chat.completion.deleted",
    id: before.id,
    deleted: true,
  });
  assert.equal((await app.call(path, { method: "DELETE" })).status, 404);
  assert.deepEqual(idsOf(await app.json(app.call(CHAT))), []);
});

test("a project sees and changes only its own", async () => {
  await using app = await createTestApp();
  const { id } = await store(app);
  const key = await app.otherKey();
  const path = `${CHAT}/${id}`;
  assert.deepEqual(idsOf(await app.json(app.call(CHAT, {}, key))), []);
  const tries = [
    app.call(path, {}, key),
    app.call(`${path}/messages`, {}, key),
    app.call(`${CHAT}?after=${id}`, {}, key),
    app.post(path, { metadata: {} }, key),
    app.call(path, { method: "DELETE" }, key),
  ];
  for (const response of tries) assert.equal((await response).status, 404);
  assert.equal((await app.call(path)).status, 200);
});

test("they are there after a restart", async () => {
  await using app = await createTestApp();
  const { id } = await store(app);
  await using again = await createTestApp({ folder: app.folder });
  assert.equal((await again.call(`${CHAT}/${id}`)).status, 200);
});
