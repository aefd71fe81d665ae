import { after } from "node:test";
import { createTestApp } from "../test-app.ts";
import { refuse, valuesBut, type Wrong } from "../test-refusals.ts";

const app = await createTestApp();
after(() => app[Symbol.asyncDispose]());

const chat = { model: "tiny-base", messages: [{ role: "user", content: "hi" }] };
const ask = (json: unknown, param: string | null, status = 400): Wrong => ({
  method: "POST",
  path: "/v1/chat/completions",
  json,
  status,
  param,
});
const withField = (name: string, values: readonly unknown[], param = name): Wrong[] =>
  values.map((value) => ask({ ...chat, [name]: value }, param));
const withMessage = (message: unknown, param: string) => ask({ ...chat, messages: [message] }, param);
const withCall = (written: string) => ({
  role: "assistant",
  tool_calls: [{ id: "c", type: "function", function: { name: "f", arguments: written } }],
});
const askRaw = (raw: string, param: string): Wrong => ({
  method: "POST",
  path: "/v1/chat/completions",
  raw,
  param,
});
const withNumber = (number: string): Wrong => {
  const tools = [{ type: "function", function: { name: "f", parameters: { maximum: "HERE" } } }];
  const raw = JSON.stringify({ ...chat, tools }).replace('"HERE"', number);
  return askRaw(raw, "tools[0].function.parameters.maximum");
};
const result = (id: string) => ({ role: "tool", content: "x", tool_call_id: id });
const tool = (value: unknown) => [{ type: "function", function: value }];

refuse(app, [
  ...withField("model", [...valuesBut("string"), null, ""]),
  ...withField("messages", [...valuesBut("array"), null, []]),
  ...withField("messages", [[7], [null], ["hi"]], "messages[0]"),
  ...withField("temperature", [...valuesBut("integer", "decimal"), -0.1, 2.1, 1e300]),
  ...withField("top_p", [...valuesBut("integer", "decimal"), -0.1, 1.1]),
  ...withField("n", [...valuesBut("integer"), 0, 129]),
  ...withField("max_tokens", [...valuesBut("integer"), 0, -1]),
  ...withField("max_completion_tokens", [...valuesBut("integer"), 0]),
  ...withField("frequency_penalty", [...valuesBut("integer", "decimal"), -2.1, 2.1]),
  ...withField("presence_penalty", [...valuesBut("integer", "decimal"), -2.1, 2.1]),
  ...withField("seed", valuesBut("integer")),
  ...withField("stream", valuesBut("boolean")),
  ...withField("logprobs", valuesBut("boolean")),
  ...withField("top_logprobs", [...valuesBut("integer"), -1, 21, 5]),
  ...withField("parallel_tool_calls", valuesBut("boolean")),
  ...withField("logit_bias", [7, "x", true]),
  ...withField("metadata", valuesBut("object")),
  ...withField("user", valuesBut("string")),
  ...withField("stop", [7, true, {}, ["a", "b", "c", "d", "e"]]),
  ...withField("response_format", [7, "text", true, []]),
  ...withField("response_format", [{}, { type: "xml" }], "response_format.type"),
  ...withField("response_format", [{ type: "json_schema" }], "response_format.json_schema"),
  ...withField("stream_options", [7, "x", { include_usage: true }]),
  ...withField("tools", [7, "x", {}]),
  ...withField("tools", [[{ type: "custom" }], [{ type: 7 }]], "tools[0].type"),
  ...withField("tools", [tool(7)], "tools[0].function"),
  ...withField(
    "tools",
    [tool({}), tool({ name: "a b" }), tool({ name: "x".repeat(65) })],
    "tools[0].function.name",
  ),
  ...withField("store", ["x", 7]),
  ...withField("audio", [{}]),
  ...withField("unknown", [1, null, {}]),
  ask({ ...chat, model: "gpt-4o" }, "model", 404),
  ask({ ...chat, model: "ft:tiny-base:personal::nothere1" }, "model", 404),
  ask({ ...chat, model: "tiny-base\u0000" }, "model", 404),
  ask({ ...chat, model: "\ud800" }, "model"),
  withMessage({}, "messages[0].role"),
  withMessage({ role: 7, content: "x" }, "messages[0].role"),
  withMessage({ role: "bot", content: "x" }, "messages[0].role"),
  withMessage({ role: "user" }, "messages[0].content"),
  withMessage({ role: "user", content: 7 }, "messages[0].content"),
  withMessage({ role: "user", content: [] }, "messages[0].content"),
  withMessage({ role: "user", content: [{ type: "image_url" }] }, "messages[0].content[0].type"),
  withMessage({ role: "user", content: "\udfff" }, "messages[0].content"),
  withMessage({ role: "tool", content: "x" }, "messages[0].tool_call_id"),
  withMessage({ role: "tool", content: "x", tool_call_id: "c" }, "messages[0].tool_call_id"),
  withMessage(withCall("{}"), "messages[0].tool_calls"),
  ask({ ...chat, messages: [withCall("{}"), ...chat.messages] }, "messages[0].tool_calls"),
  ask({ ...chat, messages: [withCall("{}"), result("d")] }, "messages[1].tool_call_id"),
  ask(
    { ...chat, messages: [withCall("{}"), result("c"), ...chat.messages, result("c")] },
    "messages[3].tool_call_id",
  ),
  withMessage({ role: "user", content: "x", colour: "red" }, "messages[0].colour"),
  withMessage({ role: "system", content: "x", tool_calls: [] }, "messages[0].tool_calls"),
  withMessage(
    { role: "user", content: [{ type: "text", text: "x", cache_control: {} }] },
    "messages[0].content[0].cache_control",
  ),
  withMessage({ role: "assistant", content: "x", audio: { id: "a" } }, "messages[0].audio"),
  withMessage({ role: "assistant", tool_calls: [] }, "messages[0].tool_calls"),
  withMessage({ role: "assistant", tool_calls: [{}] }, "messages[0].tool_calls[0].id"),
  ...["1e999", "-1e999", "9".repeat(4400)].map(withNumber),
  ...["", "{", "1e999", `[${"9".repeat(4400)}]`, '{"a":"\\ud800"}', "[".repeat(65) + "]".repeat(65)].map(
    (text) => withMessage(withCall(text), "messages[0].tool_calls[0].function.arguments"),
  ),
  withMessage(
    { role: "assistant", function_call: { name: "f", arguments: "1e999" } },
    "messages[0].function_call.arguments",
  ),
  askRaw('{"model":"tiny-base","metadata":{"__proto__":"x"}}', "metadata"),
]);
