import assert from "node:assert/strict";
import { test } from "node:test";
import { appWith, playedEngine, RESPONSES, text } from "../test-responses.ts";

const add = { type: "function", name: "add", description: "Adds.", parameters: { type: "object" } };
const other = { type: "function", name: "other" };

/** JSON's view: fields of undefined are none. */
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

async function askedFor(...requests: object[]) {
  const engine = playedEngine(text("hey"));
  await using app = await appWith(engine.chat);
  for (const request of requests) {
    const response = await app.post(RESPONSES, { model: "tiny-base", ...request });
    assert.equal(response.status, 200, await response.text());
  }
  return engine.asked.map(({ body }) => plain(body));
}

test("items become a chat: instructions first, parts as text, a text and its calls as one message", async () => {
  const [body] = await askedFor({
    instructions: "Be brief.",
    input: [
      {
        role: "user",
        content: [
          { type: "input_text", text: "a" },
          { type: "input_text", text: "b" },
        ],
      },
      { role: "developer", content: "Use tools." },
      { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "x" },
      {
        type: "message",
        role: "assistant",
        content: [{ type: "output_text", text: "I add.", annotations: [] }],
      },
      { type: "function_call", call_id: "call_1", name: "add", arguments: '{"a":1}', id: "fc_1" },
      { type: "function_call", call_id: "call_2", name: "add", arguments: "{}", status: "completed" },
      { type: "function_call_output", call_id: "call_1", output: "2" },
      {
        type: "function_call_output",
        call_id: "call_2",
        output: [
          { type: "input_text", text: "3" },
          { type: "input_text", text: "4" },
        ],
      },
      { role: "assistant", content: [{ type: "refusal", refusal: "No." }] },
      { role: "user", content: "why?" },
    ],
  });
  const call = (id: string, written: string) => ({
    id,
    type: "function",
    function: { name: "add", arguments: written },
  });
  assert.deepEqual(body.messages, [
    { role: "system", content: "Be brief." },
    { role: "user", content: "a\nb" },
    { role: "system", content: "Use tools." },
    {
      role: "assistant",
      content: "I add.",
      tool_calls: [call("call_1", '{"a":1}'), call("call_2", "{}")],
    },
    { role: "tool", content: "2", tool_call_id: "call_1" },
    { role: "tool", content: "3\n4", tool_call_id: "call_2" },
    { role: "assistant", content: "No." },
    { role: "user", content: "why?" },
  ]);
});

test("settings reach the engine as those of a chat", async () => {
  const schema = { type: "object", properties: {}, additionalProperties: false };
  const [body] = await askedFor({
    input: "hi",
    temperature: 0.5,
    top_p: 0.9,
    max_output_tokens: 20,
    top_logprobs: 3,
    text: { format: { type: "json_schema", name: "n", schema, strict: true } },
  });
  assert.deepEqual(
    [body.temperature, body.top_p, body.max_tokens, body.logprobs, body.top_logprobs, body.stream],
    [0.5, 0.9, 20, true, 3, true],
  );
  assert.deepEqual(body.response_format, {
    type: "json_schema",
    json_schema: { name: "n", schema, strict: true },
  });
});

test("tools and the choice among them reach the engine as what may be called", async () => {
  const tools = [add, other];
  const choices = [
    undefined,
    "none",
    "required",
    { type: "function", name: "add" },
    { type: "allowed_tools", mode: "auto", tools: [{ type: "function", name: "other" }] },
    { type: "allowed_tools", mode: "required", tools: [{ type: "function", name: "add" }] },
  ];
  const bodies = await askedFor(...choices.map((tool_choice) => ({ input: "hi", tools, tool_choice })));
  assert.deepEqual(
    bodies.map((body) => [
      body.tools?.map((tool: { function: { name: string } }) => tool.function.name),
      body.tool_choice,
    ]),
    [
      [["add", "other"], "auto"],
      [undefined, undefined],
      [["add", "other"], "required"],
      [["add"], "required"],
      [["other"], "auto"],
      [["add"], "required"],
    ],
  );
  assert.deepEqual(bodies[0].tools[0], {
    type: "function",
    function: { name: "add", description: "Adds.", parameters: { type: "object" } },
  });
});
