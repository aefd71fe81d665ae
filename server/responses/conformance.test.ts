import assert from "node:assert/strict";
import { test } from "node:test";
import { createChecker, lacksSchemas } from "../../test/support/conformance.ts";
import { piece } from "../generation/fixtures/played-answers.ts";
import type { TestApp } from "../test-app.ts";
import {
  appWith,
  callPiece,
  calls,
  cut,
  hello,
  playedEngine,
  RESPONSES,
  streamed,
  streamedAgain,
  text,
  untilStatus,
} from "../test-responses.ts";

const tools = [
  { type: "function", name: "add", parameters: { type: "object" } },
  { type: "function", name: "bare", strict: false },
];
const everything = {
  background: true,
  include: ["message.output_text.logprobs", "reasoning.encrypted_content"],
  instructions: "Be brief.",
  max_output_tokens: 16,
  max_tool_calls: 3,
  metadata: { a: "1" },
  parallel_tool_calls: false,
  prompt_cache_key: "k",
  prompt_cache_retention: "24h",
  reasoning: { effort: "none" },
  safety_identifier: "s",
  service_tier: "auto",
  store: true,
  temperature: 0.5,
  text: { format: { type: "json_schema", name: "n", schema: {}, description: "d" }, verbosity: "medium" },
  tool_choice: { type: "allowed_tools", mode: "auto", tools: [{ type: "function", name: "add" }] },
  tools,
  top_logprobs: 2,
  top_p: 0.9,
  truncation: "auto",
  user: "u",
};
const nulls = Object.fromEntries(Object.keys(everything).map((name) => [name, null]));

test("every answer and every event has OpenAI's own schema", { skip: lacksSchemas }, async () => {
  const faults = createChecker();
  const conforms = (name: string, value: unknown) =>
    assert.deepEqual(faults(name, value).slice(0, 3), [], `${name}: ${JSON.stringify(value).slice(0, 500)}`);
  const check = async (name: string, response: Response | Promise<Response>, app: TestApp) => {
    const value = await app.json(response);
    conforms(name, value);
    return value;
  };

  const answers = [
    text("he", "y"),
    calls(piece("I add."), callPiece(0, "{}", "add"), callPiece(1, "{}", "bare")),
    cut("he"),
    [piece("he")],
  ];
  await using app = await appWith(playedEngine(...answers, text("hey")).chat);
  for (const _ of answers) {
    const events = await streamed(app, { tools });
    for (const event of events) conforms("ResponseStreamEvent", event);
    const { id } = events[0].response;
    await check("Response", app.call(`${RESPONSES}/${id}`), app);
  }
  for (const body of [{}, everything, nulls, { ...everything, background: false }]) {
    const response = await check("Response", app.post(RESPONSES, { ...hello, ...body }), app);
    const ended = await untilStatus(app, response.id, "completed");
    conforms("Response", ended);
    for (const event of await streamedAgain(app, response.id)) conforms("ResponseStreamEvent", event);
  }

  const items = [
    { role: "user", content: "a" },
    { role: "assistant", content: "b" },
    { type: "function_call", call_id: "c", name: "add", arguments: "{}" },
    { type: "function_call_output", call_id: "c", output: [{ type: "input_text", text: "1" }] },
    { role: "assistant", content: [{ type: "refusal", refusal: "No." }] },
  ];
  const { id } = await check("Response", app.post(RESPONSES, { ...hello, input: items }), app);
  await check("ResponseItemList", app.call(`${RESPONSES}/${id}/input_items`), app);
  const empty = await app.json(app.post(RESPONSES, { ...hello, input: [], previous_response_id: id }));
  await check("ResponseItemList", app.call(`${RESPONSES}/${empty.id}/input_items`), app);
  await check("TokenCountsResource", app.post(`${RESPONSES}/input_tokens`, { ...hello }), app);

  const path = "/v1/conversations";
  const made = await check("ConversationResource", app.post(path, { items, metadata: { a: "1" } }), app);
  await check("ConversationResource", app.post(`${path}/${made.id}`, { metadata: null }), app);
  const listed = await check("ConversationItemList", app.call(`${path}/${made.id}/items`), app);
  for (const item of listed.data)
    await check("ConversationItem", app.call(`${path}/${made.id}/items/${item.id}`), app);
  await check(
    "ConversationItemList",
    app.post(`${path}/${made.id}/items`, { items: items.slice(0, 1) }),
    app,
  );
  await check("Response", app.post(RESPONSES, { ...hello, conversation: made.id }), app);
  await check(
    "ConversationResource",
    app.call(`${path}/${made.id}/items/${listed.first_id}`, { method: "DELETE" }),
    app,
  );
  await check("DeletedConversationResource", app.call(`${path}/${made.id}`, { method: "DELETE" }), app);
});
