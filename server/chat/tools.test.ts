import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bytes,
  CHAT,
  dataOf,
  end,
  hello,
  playedEngine,
  usage,
  whole,
} from "../generation/fixtures/played-answers.ts";
import { createTestApp } from "../test-app.ts";

const call = { id: "call_1", type: "function", function: { name: "add", arguments: '{"a":1}' } };
const called = (finish_reason = "tool_calls") => ({
  ...whole(""),
  choices: [{ finish_reason, message: { role: "assistant", content: null, tool_calls: [call] } }],
});
const delta = (value: object) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: value, finish_reason: null }] })}\n\n`;
const tool = (name: string) => ({ type: "function", function: { name } });
const tools = [tool("add"), tool("now")];

async function appWith(answer: () => AsyncIterable<Uint8Array>) {
  const { chat, asked } = playedEngine(answer, 200);
  return { app: await createTestApp({ serving: { chat } }), asked };
}

const choices: [unknown, unknown, string[] | undefined][] = [
  [undefined, "auto", ["add", "now"]],
  ["auto", "auto", ["add", "now"]],
  ["required", "required", ["add", "now"]],
  ["none", undefined, undefined],
  [tool("now"), tool("now"), ["add", "now"]],
  [{ type: "allowed_tools", allowed_tools: { mode: "required", tools: [tool("now")] } }, "required", ["now"]],
];
for (const [tool_choice, choice, names] of choices) {
  test(`tool_choice ${JSON.stringify(tool_choice)} reaches the engine as ${JSON.stringify(choice)}`, async () => {
    const { app, asked } = await appWith(() => bytes(JSON.stringify(whole("x"))));
    await using _ = app;
    await app.post(CHAT, { ...hello, tools, tool_choice });
    const [body] = asked;
    assert.deepEqual(body?.tool_choice, choice);
    const sent = body?.tools as { function: { name: string } }[] | undefined;
    assert.deepEqual(
      sent?.map((one) => one.function.name),
      names,
    );
  });
}

test("calls of tools are answered as calls", async () => {
  const { app } = await appWith(() => bytes(JSON.stringify(called())));
  await using _ = app;
  const { choices } = await app.json(app.post(CHAT, { ...hello, tools }));
  assert.equal(choices[0].finish_reason, "tool_calls");
  assert.deepEqual([choices[0].message.content, choices[0].message.tool_calls], [null, [call]]);
});

test("who asks with functions is answered with a function call, and asks the engine for one tool at a time", async () => {
  const { app, asked } = await appWith(() => bytes(JSON.stringify(called())));
  await using _ = app;
  const functions = [{ name: "add" }, { name: "now" }];
  const { choices } = await app.json(app.post(CHAT, { ...hello, functions, function_call: { name: "add" } }));
  assert.equal(choices[0].finish_reason, "function_call");
  assert.deepEqual(choices[0].message.function_call, call.function);
  assert.equal(choices[0].message.tool_calls, undefined);
  assert.deepEqual(
    [asked[0]?.tools, asked[0]?.tool_choice, asked[0]?.parallel_tool_calls],
    [
      functions.map((one) => ({ type: "function", function: { ...one, parameters: {} } })),
      tool("add"),
      false,
    ],
  );
});

for (const [form, expected] of [
  [
    "tools",
    { tool_calls: [{ index: 0, id: "call_1", type: "function", function: { name: "add", arguments: "" } }] },
  ],
  ["functions", { function_call: { name: "add", arguments: "" } }],
] as const) {
  test(`streamed calls have the form that ${form} ask for`, async () => {
    const begun = { index: 0, id: "call_1", type: "function", function: { name: "add", arguments: "" } };
    const more = { index: 0, function: { arguments: "{}" } };
    const { app } = await appWith(() =>
      bytes(
        delta({ role: "assistant", content: null }),
        delta({ tool_calls: [begun] }),
        delta({ tool_calls: [more] }),
        end.replace('"stop"', '"tool_calls"'),
        usage,
        "data: [DONE]\n\n",
      ),
    );
    await using _ = app;
    const asked = form === "tools" ? { tools } : { functions: [{ name: "add" }] };
    const chunks = dataOf(await (await app.post(CHAT, { ...hello, ...asked, stream: true })).text());
    assert.deepEqual(chunks[1].choices[0].delta, expected);
    assert.equal(chunks.at(-1).choices[0].finish_reason, form === "tools" ? "tool_calls" : "function_call");
  });
}

test("an answer may be as long as the model's context, and no longer", async () => {
  const { app } = await appWith(() => bytes(JSON.stringify(whole("x"))));
  await using _ = app;
  assert.equal((await app.post(CHAT, { ...hello, max_completion_tokens: 2048 })).status, 200);
  const { error } = await app.json(app.post(CHAT, { ...hello, max_completion_tokens: 2049 }));
  assert.equal(error.param, "max_completion_tokens");
});

test("what has no effect here is taken", async () => {
  const { app } = await appWith(() => bytes(JSON.stringify(whole("x"))));
  await using _ = app;
  const quiet = {
    prediction: { type: "content", content: "x" },
    modalities: ["text"],
    user: "u",
    safety_identifier: "s",
    prompt_cache_key: "k",
    service_tier: "auto",
    audio: null,
  };
  assert.equal((await app.post(CHAT, { ...hello, ...quiet })).status, 200);
});

test("an object of JSON is asked for where a message speaks of JSON, in whatever case", async () => {
  const { app, asked } = await appWith(() => bytes(JSON.stringify(whole("{}"))));
  await using _ = app;
  const messages = [{ role: "user", content: [{ type: "text", text: "Write jSoN." }] }];
  const response_format = { type: "json_object" };
  assert.equal((await app.post(CHAT, { ...hello, messages, response_format })).status, 200);
  assert.deepEqual(asked[0]?.response_format, response_format);
});

test("a choice of tools without any is refused in OpenAI's words and without a code", async () => {
  const { app } = await appWith(() => bytes(JSON.stringify(whole("x"))));
  await using _ = app;
  const { error } = await app.json(app.post(CHAT, { ...hello, parallel_tool_calls: false }));
  assert.deepEqual(error, {
    message:
      "Invalid value for 'parallel_tool_calls': 'parallel_tool_calls' is only allowed when 'tools' are specified.",
    type: "invalid_request_error",
    param: "parallel_tool_calls",
    code: null,
  });
});

test("what no engine here can honour is refused alike, whoever names it", async () => {
  const { app } = await appWith(() => bytes(JSON.stringify(whole("x"))));
  await using _ = app;
  const refused = async (path: string, body: object) => (await app.json(app.post(path, body))).error;
  const prompt_cache_options = { mode: "explicit" };
  const said = await refused(CHAT, { ...hello, prompt_cache_options });
  assert.equal(said.code, "unsupported_parameter");
  const { model } = hello;
  assert.deepEqual(await refused("/v1/responses", { model, input: "hi", prompt_cache_options }), said);
});

const unclosed = { type: "object", properties: {} };
const unmet = "In context=(), 'additionalProperties' is required to be supplied and to be false.";
const invalid = { type: "invalid_request_error" };
const strictRequests: [path: string, fields: object, told: object][] = [
  [
    CHAT,
    { response_format: { type: "json_schema", json_schema: { name: "x", strict: true, schema: unclosed } } },
    { message: `Invalid schema for response_format 'x': ${unmet}`, param: "response_format", code: null },
  ],
  [
    CHAT,
    { tools: [{ type: "function", function: { name: "f", strict: true, parameters: unclosed } }] },
    {
      message: `Invalid schema for function 'f': ${unmet}`,
      param: "tools[0].function.parameters",
      code: "invalid_function_parameters",
    },
  ],
  [
    "/v1/responses",
    { text: { format: { type: "json_schema", name: "x", strict: true, schema: unclosed } } },
    {
      message: `Invalid schema for response_format 'x': ${unmet}`,
      param: "text.format.schema",
      code: "invalid_json_schema",
    },
  ],
];
for (const [path, fields, told] of strictRequests) {
  test(`${path} refuses ${Object.keys(fields)} with a strict schema that OpenAI would refuse, as it does`, async () => {
    const { app } = await appWith(() => bytes(JSON.stringify(whole("{}"))));
    await using _ = app;
    const asked = path === CHAT ? hello : { model: hello.model, input: "hi" };
    const { error } = await app.json(app.post(path, { ...asked, ...fields }));
    assert.deepEqual(error, { ...invalid, ...told });
  });
}
