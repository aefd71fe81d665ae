import assert from "node:assert/strict";
import { test } from "node:test";
import { piece } from "../generation/fixtures/played-answers.ts";
import {
  appWith,
  callPiece,
  calls,
  cut,
  heldEngine,
  hello,
  playedEngine,
  RESPONSES,
  streamed,
  streamedAgain,
  text,
} from "../test-responses.ts";

const tools = [{ type: "function", name: "add", parameters: { type: "object" } }];
const BEGIN = ["response.created", "response.in_progress"];
const MESSAGE = ["response.output_item.added", "response.content_part.added"];
const MESSAGE_END = ["response.output_text.done", "response.content_part.done", "response.output_item.done"];
const ADDED = "response.output_item.added";
const DELTA = "response.output_text.delta";
const WRITTEN = "response.function_call_arguments.delta";
const CALL_END = ["response.function_call_arguments.done", "response.output_item.done"];

type Case = { what: string; engine: string[]; types: string[]; status: string };
const cases: Case[] = [
  {
    what: "a text",
    engine: text("he", "l", "lo"),
    types: [...BEGIN, ...MESSAGE, DELTA, DELTA, DELTA, ...MESSAGE_END, "response.completed"],
    status: "completed",
  },
  {
    what: "a text of nothing",
    engine: text(""),
    types: [...BEGIN, ...MESSAGE, ...MESSAGE_END, "response.completed"],
    status: "completed",
  },
  {
    what: "a call",
    engine: calls(callPiece(0, "", "add"), callPiece(0, '{"a"'), callPiece(0, ":1}")),
    types: [...BEGIN, ADDED, WRITTEN, WRITTEN, ...CALL_END, "response.completed"],
    status: "completed",
  },
  {
    what: "several calls",
    engine: calls(callPiece(0, "{}", "add"), callPiece(1, '{"b"', "add"), callPiece(1, ":2}")),
    types: [
      ...BEGIN,
      ADDED,
      WRITTEN,
      ...CALL_END,
      ADDED,
      WRITTEN,
      WRITTEN,
      ...CALL_END,
      "response.completed",
    ],
    status: "completed",
  },
  {
    what: "a text before a call",
    engine: calls(piece("I add."), callPiece(0, "{}", "add")),
    types: [...BEGIN, ...MESSAGE, DELTA, ...MESSAGE_END, ADDED, WRITTEN, ...CALL_END, "response.completed"],
    status: "completed",
  },
  {
    what: "an answer cut at its limit",
    engine: cut("he", "l"),
    types: [...BEGIN, ...MESSAGE, DELTA, DELTA, ...MESSAGE_END, "response.incomplete"],
    status: "incomplete",
  },
  {
    what: "an engine that breaks off",
    engine: [piece("he")],
    types: [...BEGIN, ...MESSAGE, DELTA, "response.failed"],
    status: "failed",
  },
  {
    what: "a call that is no JSON",
    engine: calls(callPiece(0, '{"a"', "add")),
    types: [...BEGIN, ADDED, WRITTEN, "response.failed"],
    status: "failed",
  },
];

for (const { what, engine, types, status } of cases) {
  test(`the events of ${what} come in OpenAI's order, numbered from 0, and again as they were`, async () => {
    await using app = await appWith(playedEngine(engine).chat);
    const events = await streamed(app, { tools });
    assert.deepEqual(
      events.map((event) => event.type),
      types,
    );
    assert.deepEqual(
      events.map((event) => event.sequence_number),
      types.map((_, index) => index),
    );
    const last = events.at(-1);
    assert.equal(last.response.status, status);
    const { id } = last.response;
    assert.deepEqual(await app.json(app.call(`${RESPONSES}/${id}`)), last.response);
    assert.deepEqual(await streamedAgain(app, id), events);
    assert.deepEqual(await streamedAgain(app, id, 2), events.slice(3));
    assert.deepEqual(await streamedAgain(app, id, 1000), []);
  });
}

test("each piece of an item names it and its place", async () => {
  await using app = await appWith(playedEngine(calls(piece("x"), callPiece(0, "{}", "add"))).chat);
  const events = await streamed(app, { tools });
  for (const [index, item] of events.at(-1).response.output.entries()) {
    const own = events.filter((event) => event.output_index === index);
    assert.equal(own.length, index === 0 ? 6 : 4);
    assert.ok(own.every((event) => (event.item_id ?? event.item.id) === item.id));
  }
});

test("a cut answer says why, and its item is incomplete; a failed one says what happened", async () => {
  await using app = await appWith(playedEngine(cut("he"), [piece("he")]).chat);
  const incomplete = (await streamed(app, {})).at(-1).response;
  assert.deepEqual(incomplete.incomplete_details, { reason: "max_output_tokens" });
  assert.deepEqual([incomplete.output[0].status, incomplete.completed_at], ["incomplete", null]);
  const failed = (await streamed(app, {})).at(-1).response;
  assert.equal(failed.error.code, "server_error");
  assert.equal(failed.output[0].content[0].text, "he");
});

test("a response that was not streamed is told again from its beginning, before it ended in any way", async () => {
  await using app = await appWith(playedEngine(cut("he")).chat);
  const { id } = await app.json(app.post(RESPONSES, hello));
  const [created, ...more] = await streamedAgain(app, id);
  const { status, error, incomplete_details, completed_at, output } = created.response;
  assert.deepEqual(
    [status, error, incomplete_details, completed_at, output],
    ["in_progress", null, null, null, []],
  );
  assert.deepEqual(more.at(-1).response.incomplete_details, { reason: "max_output_tokens" });
});

test("a call that cannot be read is not handed out as a whole one", async () => {
  const engine = playedEngine(calls(callPiece(0, '{"a"', "add"), callPiece(1, "{}", "add")));
  await using app = await appWith(engine.chat);
  const { response, type } = (await streamed(app, { tools })).at(-1);
  assert.equal(type, "response.failed");
  assert.deepEqual(
    response.output.map((item: { status: string }) => item.status),
    ["incomplete"],
  );
});

test("a stream that is not kept is the same, and leaves nothing", async () => {
  await using app = await appWith(playedEngine(text("he", "y")).chat);
  const events = await streamed(app, { store: false });
  assert.deepEqual(
    events.map((event) => event.sequence_number),
    events.map((_, index) => index),
  );
  const { response } = events.at(-1);
  assert.deepEqual([response.status, response.store], ["completed", false]);
  assert.equal((await app.call(`${RESPONSES}/${response.id}`)).status, 404);
});

test("a response that was not streamed is streamed again item by item", async () => {
  await using app = await appWith(playedEngine(text("he", "y")).chat);
  const response = await app.json(app.post(RESPONSES, { model: "tiny-base", input: "hi" }));
  const events = await streamedAgain(app, response.id);
  assert.deepEqual(
    events.map((event) => event.type),
    [...BEGIN, ...MESSAGE, DELTA, ...MESSAGE_END, "response.completed"],
  );
  assert.deepEqual(events.at(-1).response, response);
  assert.deepEqual(await streamedAgain(app, response.id, 3), events.slice(4));
});

test("padding is sent with the pieces where it is asked for, and is not stored", async () => {
  await using app = await appWith(playedEngine(text("he", "y")).chat);
  const events = await streamed(app, { stream_options: { include_obfuscation: true } });
  const deltas = events.filter((event) => event.type === DELTA);
  assert.deepEqual(
    deltas.map((event) => event.delta.length + event.obfuscation.length),
    [32, 32],
  );
  const again = await streamedAgain(app, events[0].response.id);
  assert.ok(again.every((event) => !("obfuscation" in event)));
});

test("a client that leaves ends the engine's work, and what was said is kept", async () => {
  const engine = heldEngine();
  await using app = await appWith(engine.chat);
  const posting = app.post(RESPONSES, { model: "tiny-base", input: "hi", stream: true });
  const run = await engine.nextRun();
  run.say(piece("he"));
  const reader = (await posting).body?.getReader();
  let seen = "";
  while (!seen.includes(DELTA)) seen += Buffer.from((await reader?.read())?.value ?? []).toString();
  await reader?.cancel();
  assert.equal(run.signal.aborted, true);
  const id = /"id":"(resp_\w+)"/.exec(seen)?.[1] ?? "";
  const response = await app.json(app.call(`${RESPONSES}/${id}`));
  assert.equal(response.status, "cancelled");
  assert.equal(response.output[0].content[0].text, "he");
});

test("an engine that cannot begin is an ordinary refusal, streamed or not", async () => {
  const chat = async () => ({ status: 500, body: (async function* () {})() });
  await using app = await appWith(chat);
  for (const stream of [false, true]) {
    const response = await app.post(RESPONSES, { model: "tiny-base", input: "hi", stream });
    assert.equal(response.status, 503);
    assert.equal(response.headers.get("retry-after"), "1");
  }
});

test("an engine that breaks off is a 503 for who wanted the answer whole, and leaves nothing", async () => {
  await using app = await appWith(playedEngine([piece("he")]).chat);
  const response = await app.post(RESPONSES, { model: "tiny-base", input: "hi" });
  assert.deepEqual([response.status, response.headers.get("x-should-retry")], [503, "true"]);
});
