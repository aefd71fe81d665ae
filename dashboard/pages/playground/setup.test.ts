import assert from "node:assert/strict";
import { test } from "node:test";
import { waiting } from "./answer.ts";
import {
  baseOf,
  exampleOf,
  fromQuery,
  joinModels,
  leftOut,
  readSetup,
  type Setup,
  splitModels,
  toQuery,
} from "./setup.ts";

const setup = (more: Partial<Setup> = {}): Setup => ({
  ...fromQuery(new URLSearchParams({ prompt: "When do you open?" })),
  ...more,
});
const requestOf = (more: Partial<Setup>) => {
  const read = readSetup(setup(more));
  if ("faults" in read) throw new Error(JSON.stringify(read.faults));
  return read.request;
};
const faultsOf = (more: Partial<Setup>) => {
  const read = readSetup(setup(more));
  return "faults" in read ? read.faults : {};
};

test("fields that are empty are left to the server", () => {
  assert.deepEqual(requestOf({ max_tokens: "" }), {
    messages: [{ role: "user", content: "When do you open?" }],
  });
});

test("numbers, a schema and tools become the request's", () => {
  const tools = '[{"type":"function","function":{"name":"bake"}}]';
  const request = requestOf({ system: "Be short.", temperature: "0.5", seed: "7", schema: "{}", tools });
  assert.equal(request.messages[0]?.role, "system");
  assert.deepEqual([request.temperature, request.seed, request.max_tokens], [0.5, 7, 256]);
  assert.equal(request.response_format?.type, "json_schema");
  assert.equal(request.tools?.[0]?.function.name, "bake");
});

test("each fault is said at its field", () => {
  assert.deepEqual(Object.keys(faultsOf({ temperature: "3", seed: "a" })), ["temperature", "seed"]);
  assert.match(faultsOf({ schema: "{" }).schema ?? "", /^This is not JSON/);
  assert.deepEqual(Object.keys(faultsOf({ schema: "[]" })), ["schema"]);
  assert.deepEqual(Object.keys(faultsOf({ tools: "{}" })), ["tools"]);
  assert.deepEqual(Object.keys(faultsOf({ turns: [{ key: 0, role: "user", text: " " }] })), ["turns"]);
});

test("a link holds models, and the prompt where it is short", () => {
  const models = ["base", "ft:base:me:a,b:12345678"];
  assert.deepEqual(splitModels(joinModels(models)), models);
  assert.deepEqual(splitModels("a,a,%,b,c,d"), ["a", "%", "b", "c"]);
  const short = setup({ system: "Be short.", temperature: "0" });
  assert.deepEqual(fromQuery(new URLSearchParams(toQuery(short))), short);
  assert.equal(toQuery(setup({ system: "x".repeat(1000) })).prompt, "");
});

test("an example is a row of a training file, with the tools that the calls are of", () => {
  const tools = '[{"type":"function","function":{"name":"bake"}}]';
  const calls = [{ id: "call_1", name: "bake", arguments: "{}" }];
  const row = JSON.parse(exampleOf(requestOf({ tools }), { ...waiting(0), calls }, ""));
  assert.deepEqual(Object.keys(row), ["messages", "tools"]);
  assert.deepEqual(row.messages[1], {
    role: "assistant",
    tool_calls: [{ id: "call_1", type: "function", function: { name: "bake", arguments: "{}" } }],
  });
  const plain = JSON.parse(exampleOf(requestOf({}), waiting(0), "At seven."));
  assert.deepEqual(plain.messages[1], { role: "assistant", content: "At seven." });
});

test("a tuned model's name tells its base", () => {
  assert.deepEqual([baseOf("ft:tiny:me::12345678"), baseOf("tiny")], ["tiny", null]);
});

const call = { id: "call_1", name: "weather", arguments: '{"city":"Oslo"}' };

test("a tool's result follows the call that it answers", () => {
  const { messages } = requestOf({
    turns: [
      { key: 0, role: "user", text: "Is it warm?" },
      { key: 1, role: "assistant", text: "", calls: [call] },
      { key: 2, role: "tool", text: "21 degrees", call },
    ],
  });
  assert.deepEqual(messages.slice(1), [
    {
      role: "assistant",
      content: null,
      tool_calls: [
        { id: "call_1", type: "function", function: { name: "weather", arguments: '{"city":"Oslo"}' } },
      ],
    },
    { role: "tool", content: "21 degrees", tool_call_id: "call_1" },
  ]);
  const turns = [
    { key: 0, role: "user", text: "Is it warm?" },
    { key: 1, role: "tool", text: "", call },
  ] as const;
  assert.equal(faultsOf({ turns }).turns, "Write what the tool gave back.");
});

test("tools, schema and prices are in the address while they are short, and what is not is told", () => {
  const full = setup({ schema: "{}", tools: "[]", price_in: "0.5", price_out: "2" });
  const { schema, tools, price_in, price_out } = fromQuery(new URLSearchParams(toQuery(full)));
  assert.deepEqual([schema, tools, price_in, price_out], ["{}", "[]", "0.5", "2"]);
  assert.equal(leftOut(full), "");
  const long = setup({ tools: " ".repeat(1501), system: "x".repeat(1001) });
  assert.deepEqual([toQuery(long).tools, toQuery(long).prompt], ["", ""]);
  assert.equal(leftOut(long), "the conversation and the tools");
});
