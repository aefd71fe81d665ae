import assert from "node:assert/strict";
import { test } from "node:test";
import { piece, usage } from "../generation/fixtures/played-answers.ts";
import {
  appWith,
  callPiece,
  calls,
  DONE,
  endAs,
  hello,
  playedEngine,
  RESPONSES,
  streamed,
  text,
} from "../test-responses.ts";

const add = { type: "function", name: "add", description: "Adds.", parameters: { type: "object" } };
const user = (content: string) => ({ role: "user", content });

/** JSON's view: fields of undefined are none. */
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

test("a response goes on from previous ones, with their calls, and without their instructions", async () => {
  const engine = playedEngine(calls(callPiece(0, "{}", "add")), text("two"), text("bye"));
  await using app = await appWith(engine.chat);
  const post = (body: object) => app.json(app.post(RESPONSES, { model: "tiny-base", ...body }));
  const first = await post({ input: "1+1?", instructions: "Old.", tools: [add] });
  const [call] = first.output;
  const output = { type: "function_call_output", call_id: call.call_id, output: "2" };
  const second = await post({ input: [output], previous_response_id: first.id, instructions: "New." });
  assert.equal(second.previous_response_id, first.id);
  await post({ input: "thanks", previous_response_id: second.id });
  const tool_calls = [{ id: call.call_id, type: "function", function: { name: "add", arguments: "{}" } }];
  assert.deepEqual(plain(engine.asked[2]?.body.messages), [
    { role: "user", content: "1+1?" },
    { role: "assistant", content: null, tool_calls },
    { role: "tool", content: "2", tool_call_id: call.call_id },
    { role: "assistant", content: "two" },
    { role: "user", content: "thanks" },
  ]);
  assert.equal(plain(engine.asked[1]?.body.messages)[0].content, "New.");
});

test("a call that was cut off is no part of what goes on from it", async () => {
  const engine = playedEngine(
    [piece("I add."), callPiece(0, '{"a', "add"), endAs("length"), usage, DONE],
    text("hey"),
  );
  await using app = await appWith(engine.chat);
  const first = (await streamed(app, { tools: [add] })).at(-1).response;
  assert.deepEqual(
    first.output.map((item: { status: string }) => item.status),
    ["completed", "incomplete"],
  );
  await app.post(RESPONSES, { ...hello, previous_response_id: first.id });
  assert.deepEqual(
    plain(engine.asked[1]?.body.messages).map((message: { content: string }) => message.content),
    ["hi", "I add.", "hi"],
  );
});

test("an item is referred to by its id, of a response or of a conversation", async () => {
  const engine = playedEngine(text("hey"));
  await using app = await appWith(engine.chat);
  const first = await app.json(app.post(RESPONSES, hello));
  const items = [{ role: "user", content: "kept" }];
  const conversation = await app.json(app.post("/v1/conversations", { items }));
  const listed = await app.json(app.call(`/v1/conversations/${conversation.id}/items`));
  const input = [
    { id: listed.data[0].id },
    { type: "item_reference", id: first.output[0].id },
    user("go on"),
  ];
  await app.post(RESPONSES, { ...hello, input });
  assert.deepEqual(
    plain(engine.asked[1]?.body.messages).map((message: { content: string }) => message.content),
    ["kept", "hey", "go on"],
  );
  const stranger = await app.otherKey();
  for (const { id } of [listed.data[0], first.output[0]]) {
    const refused = await app.post(RESPONSES, { ...hello, input: [{ id }, user("x")] }, stranger);
    assert.deepEqual([refused.status, (await app.json(refused)).error.param], [404, "input[0].id"]);
  }
});

test("what was built on a deleted response cannot be gone on from with less than was said", async () => {
  await using app = await appWith(playedEngine(text("hey")).chat);
  const first = await app.json(app.post(RESPONSES, hello));
  const second = await app.json(app.post(RESPONSES, { ...hello, previous_response_id: first.id }));
  await app.call(`${RESPONSES}/${first.id}`, { method: "DELETE" });
  for (const { id } of [first, second]) {
    const refused = await app.json(app.post(RESPONSES, { ...hello, previous_response_id: id }));
    assert.equal(refused.error.code, "previous_response_not_found");
  }
  assert.equal((await app.call(`${RESPONSES}/${second.id}`)).status, 200);
});

test("another project sees nothing of a response", async () => {
  await using app = await appWith(playedEngine(text("hey")).chat);
  const { id } = await app.json(app.post(RESPONSES, { ...hello, background: true }));
  const stranger = await app.otherKey();
  const calls: [string, string][] = [
    ["GET", id],
    ["GET", `${id}?stream=true`],
    ["GET", `${id}/input_items`],
    ["POST", `${id}/cancel`],
    ["DELETE", id],
  ];
  for (const [method, path] of calls)
    assert.equal((await app.call(`${RESPONSES}/${path}`, { method }, stranger)).status, 404);
  const refused = await app.post(RESPONSES, { ...hello, previous_response_id: id }, stranger);
  assert.equal((await app.json(refused)).error.code, "previous_response_not_found");
});

test("input items are listed page by page, newest first or oldest first", async () => {
  await using app = await appWith(playedEngine(text("hey")).chat);
  const input = ["1", "2", "3"].map(user);
  const { id } = await app.json(app.post(RESPONSES, { ...hello, input }));
  const page = (query: string) => app.json(app.call(`${RESPONSES}/${id}/input_items?${query}`));
  const texts = ({ data }: { data: { content: { text: string }[] }[] }) =>
    data.map((item) => item.content[0]?.text);
  assert.deepEqual(texts(await page("")), ["3", "2", "1"]);
  const first = await page("order=asc&limit=2");
  assert.deepEqual([texts(first), first.has_more], [["1", "2"], true]);
  const second = await page(`order=asc&limit=2&after=${first.last_id}`);
  assert.deepEqual([texts(second), second.has_more], [["3"], false]);
  assert.deepEqual(texts(await page(`after=${second.first_id}&include[]=message.output_text.logprobs`)), [
    "2",
    "1",
  ]);
});

test("log-probabilities come with the text where they are asked for", async () => {
  const token = (written: string) => ({ token: written, logprob: -0.5, bytes: [104] });
  const logprobs = { content: [{ ...token("hey"), top_logprobs: [token("hey"), token("ho")] }] };
  const said = { choices: [{ index: 0, delta: { content: "hey" }, finish_reason: null, logprobs }] };
  const engine = playedEngine([`data: ${JSON.stringify(said)}\n\n`, ...text()]);
  await using app = await appWith(engine.chat);
  const events = await streamed(app, { include: ["message.output_text.logprobs"], top_logprobs: 2 });
  const [part] = events.at(-1).response.output[0].content;
  assert.deepEqual(part.logprobs, logprobs.content);
  const delta = events.find((event) => event.type === "response.output_text.delta");
  assert.deepEqual(delta.logprobs[0].top_logprobs, [
    { token: "hey", logprob: -0.5 },
    { token: "ho", logprob: -0.5 },
  ]);
});

test("responses go when their days are over, the newest of a chain first, and none on which another is built", async () => {
  let now = 1_800_000_000;
  await using app = await appWith(playedEngine(text("hey")).chat, { now: () => now });
  const first = await app.json(app.post(RESPONSES, hello));
  now += 20 * 86_400;
  const second = await app.json(app.post(RESPONSES, { ...hello, previous_response_id: first.id }));
  const statuses = () =>
    Promise.all([first, second].map(async ({ id }) => (await app.call(`${RESPONSES}/${id}`)).status));
  now += 15 * 86_400;
  await app.responses.expire();
  assert.deepEqual(await statuses(), [200, 200]);
  now += 16 * 86_400;
  await app.responses.expire();
  assert.deepEqual(await statuses(), [404, 404]);
});
