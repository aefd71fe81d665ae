import { after } from "node:test";
import { createTestApp } from "../test-app.ts";
import { refuse, valuesBut, type Wrong } from "../test-refusals.ts";

const app = await createTestApp();
after(() => app[Symbol.asyncDispose]());

const chat = { model: "tiny-base", messages: [{ role: "user", content: "hi" }] };
const ask = (fields: object, param: string | null): Wrong => ({
  method: "POST",
  path: "/v1/chat/completions",
  json: { ...chat, ...fields },
  param,
});
const withField = (name: string, values: readonly unknown[], param = name): Wrong[] =>
  values.map((value) => ask({ [name]: value }, param));

const tool = (name: string, more: object = {}) => ({ type: "function", function: { name, ...more } });
const tools = [tool("add"), tool("now")];
const choose = (tool_choice: unknown, param = "tool_choice") => ask({ tools, tool_choice }, param);
const parameters = (schema: unknown, place: string, strict = true) =>
  ask({ tools: [tool("f", { parameters: schema, strict })] }, `tools[0].function.parameters${place}`);
const format = (schema: unknown, place: string, strict = true) =>
  ask(
    { response_format: { type: "json_schema", json_schema: { name: "x", strict, schema } } },
    `response_format.json_schema.schema${place}`,
  );
const jsonSchema = (value: unknown, param: string) =>
  ask(
    { response_format: { type: "json_schema", json_schema: value } },
    `response_format.json_schema${param}`,
  );
const object = (properties: object) => ({ type: "object", properties });
const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`p${n}`, {}]));

refuse(app, [
  ...withField("max_tokens", [2 ** 31, 1e300, 2049]),
  ...withField("max_completion_tokens", [2 ** 31, 2049]),
  ask({ max_tokens: 5, max_completion_tokens: 5 }, "max_tokens"),
  ...withField("stop", ["", [7]], "stop").slice(0, 1),
  ask({ stop: ["a", ""] }, "stop[1]"),
  ask({ stop: [7] }, "stop[0]"),
  ask({ logit_bias: { x: 1 } }, "logit_bias.x"),
  ask({ logit_bias: { "-1": 1 } }, "logit_bias.-1"),
  ask({ logit_bias: { "1.5": 1 } }, "logit_bias.1.5"),
  ask({ logit_bias: { "7": 101 } }, "logit_bias.7"),
  ask({ logit_bias: { "7": -101 } }, "logit_bias.7"),
  ask({ logit_bias: { "7": "1" } }, "logit_bias.7"),
  ask({ logprobs: false, top_logprobs: 2 }, "top_logprobs"),
  ...withField("seed", [1e30, -1e19, 1.5]),
  ...withField("safety_identifier", ["x".repeat(65), 7]),
  ...withField("prompt_cache_retention", ["forever", 7]),
  ask({ tools: [{ ...tool("f"), colour: "red" }] }, "tools[0].colour"),
  ask({ tools: [tool("f", { colour: "red" })] }, "tools[0].function.colour"),
  ...withField("reasoning_effort", ["low", "high", 7, {}]),
  ...withField("verbosity", ["low", "high", 7]),
  ...withField("service_tier", ["flex", "priority", 7]),
  ...withField("audio", [{ voice: "alloy" }, "x", 7]),
  ...withField("web_search_options", [{}, true]),
  ...withField("moderation", [{}, "auto"]),
  ...withField("modalities", ["text", 7]),
  ask({ modalities: ["audio"] }, "modalities[0]"),
  ask({ modalities: ["text", "audio"] }, "modalities"),
  ...withField("prediction", [7, "x"]),
  ask({ prediction: { type: "content" } }, "prediction.content"),
  ask({ prediction: { type: "image", content: "x" } }, "prediction.type"),
  ask({ prediction: { type: "content", content: "x", more: 1 } }, "prediction.more"),
  ...withField("safety_identifier", [7, {}]),
  ...withField("prompt_cache_key", [7, []]),
  ask({ metadata: { a: 7 } }, "metadata.a"),
  ask({ metadata: { a: "x".repeat(513) } }, "metadata.a"),
  ask({ metadata: Object.fromEntries(Array.from({ length: 17 }, (_, n) => [n, "x"])) }, "metadata"),
  ask({ metadata: { ["k".repeat(65)]: "x" } }, `metadata.${"k".repeat(65)}`),

  ...valuesBut("string", "object").map((value) => choose(value)),
  choose("any"),
  choose({}, "tool_choice.type"),
  choose({ type: "custom", custom: { name: "x" } }, "tool_choice.type"),
  choose({ type: "function" }, "tool_choice.function"),
  choose({ type: "function", function: {} }, "tool_choice.function.name"),
  choose({ type: "function", function: { name: "add", more: 1 } }, "tool_choice.function.more"),
  choose(tool("other")),
  choose({ type: "allowed_tools" }, "tool_choice.allowed_tools"),
  choose(
    { type: "allowed_tools", allowed_tools: { mode: "none", tools: [tool("add")] } },
    "tool_choice.allowed_tools.mode",
  ),
  choose(
    { type: "allowed_tools", allowed_tools: { mode: "auto", tools: [] } },
    "tool_choice.allowed_tools.tools",
  ),
  choose({ type: "allowed_tools", allowed_tools: { mode: "auto", tools: [tool("other")] } }),
  ask({ tool_choice: "required" }, "tool_choice"),
  ask({ tool_choice: tool("add") }, "tool_choice"),
  ...withField("tool_choice", ["none", "auto"]),
  ...withField("parallel_tool_calls", [true, false]),
  ask({ tools: [], tool_choice: "required" }, "tools"),
  ask({ tools: [] }, "tools"),
  ask({ functions: [{ name: "f" }], parallel_tool_calls: true }, "parallel_tool_calls"),
  ...withField("function_call", ["none", "auto"]),
  ...withField("prompt_cache_options", [{ mode: "explicit" }, 7]),
  ask({ response_format: { type: "json_object" } }, "messages"),
  ask({ tools: [tool("add"), tool("add")] }, "tools[1].function.name"),
  ask({ tools: [tool("")] }, "tools[0].function.name"),
  ask({ tools: [tool("f", { description: 7 })] }, "tools[0].function.description"),
  ask({ tools: [tool("f", { strict: "yes" })] }, "tools[0].function.strict"),
  ask({ tools: Array.from({ length: 129 }, (_, n) => tool(`f${n}`)) }, "tools"),

  ...valuesBut("array", "object").map((value) => ask({ functions: value }, "functions")),
  ask({ functions: [] }, "functions"),
  ask({ functions: [{ name: "a b" }] }, "functions[0].name"),
  ask({ functions: [{ name: "f" }, { name: "f" }] }, "functions[1].name"),
  ask({ functions: [{ name: "f", parameters: { type: "array" } }] }, "functions[0].parameters"),
  ask({ functions: [{ name: "f" }], tools }, "functions"),
  ask({ functions: [{ name: "f" }], tool_choice: "auto" }, "functions"),
  ask({ functions: [{ name: "f" }], function_call: "required" }, "function_call"),
  ask({ functions: [{ name: "f" }], function_call: { name: "g" } }, "function_call"),
  ask({ function_call: { name: "g" } }, "function_call"),

  parameters(7, ""),
  parameters([], ""),
  parameters({ type: "string" }, ""),
  parameters({ properties: {} }, ""),
  parameters(object({ a: 7 }), ".properties.a"),
  parameters(object({ a: { type: "text" } }), ".properties.a.type"),
  parameters(object({ a: { type: "string", format: "uri" } }), ".properties.a.format"),
  parameters(object({ a: { type: "string", pattern: "(?<=a)b" } }), ".properties.a.pattern"),
  parameters(object({ a: { type: "array", items: { not: {} } } }), ".properties.a.items.not"),
  parameters(object({ a: { anyOf: [{ type: "null" }, { oneOf: [{}] }] } }), ".properties.a.anyOf[1].oneOf"),
  parameters(object({ a: { $ref: "#/$defs/x" } }), ".properties.a.$ref"),
  parameters({ type: "object", patternProperties: {} }, ".patternProperties"),
  parameters({ ...object({ a: { type: "null" } }), additionalProperties: {} }, ".additionalProperties"),
  parameters({ type: "object", required: ["a"] }, ".required"),
  parameters({ type: "object", required: "a" }, ".required", false),
  parameters({ ...object({ a: { $ref: "#" } }), required: ["a"] }, "", false),
  parameters(object(many(2001)), "", false),
  parameters(object({ a: { enum: Array.from({ length: 1001 }, (_, n) => n) } }), "", false),
  parameters(object({ a: { enum: [] } }), ".properties.a.enum", false),
  parameters(object({ a: { type: "integer", minimum: 2, maximum: 1 } }), ".properties.a.minimum", false),
  ask(
    { tools: Array.from({ length: 128 }, (_, n) => tool(`f${n}`, { parameters: object(many(150)) })) },
    "tools[26].function.parameters",
  ),

  parameters({}, ""),
  parameters(object({ a: { type: "null" } }), ""),
  parameters({ ...object({ a: { type: "null" } }), additionalProperties: false }, ""),
  ask({ functions: [{ name: "f", strict: true, parameters: object({}) }] }, "functions[0].parameters"),
  ...[{ type: "array" }, object({}), { ...object({ a: {} }), additionalProperties: false }].map((schema) =>
    ask(
      { response_format: { type: "json_schema", json_schema: { name: "x", strict: true, schema } } },
      "response_format",
    ),
  ),

  jsonSchema(undefined, ""),
  jsonSchema(7, ""),
  jsonSchema({}, ".name"),
  jsonSchema({ name: "a b" }, ".name"),
  jsonSchema({ name: "x".repeat(65) }, ".name"),
  jsonSchema({ name: "x", strict: 1 }, ".strict"),
  jsonSchema({ name: "x", schema: 7 }, ".schema"),
  jsonSchema({ name: "x", schema: [] }, ".schema"),
  jsonSchema({ name: "x", more: 1 }, ".more"),
  ask({ response_format: { type: "json_object", schema: {} } }, "response_format.schema"),
  format({ not: {} }, ".not"),
  format({ allOf: [{}, {}] }, ".allOf"),
  format({ if: {} }, ".if"),
  format({ type: "array", uniqueItems: true }, ".uniqueItems"),
  format({ type: "array", contains: {} }, ".contains"),
  format({ type: "string", maxLength: 1e6 }, ".maxLength"),
  format({ type: "string", minLength: -1 }, ".minLength", false),
  format({ type: "string", pattern: "(a+" }, ".pattern"),
  format({ type: "string", pattern: "((((a+)+)+)+)+" }, ".pattern"),
  format({ type: "number", minimum: 0.1 }, ".minimum"),
  format({ type: "number", multipleOf: 3 }, ".multipleOf"),
  format({ type: "number", minimum: "1" }, ".minimum", false),
  format({ type: "array", minItems: 2, maxItems: 1 }, ".minItems", false),
  format({ $ref: "https://example.com/x.json" }, ".$ref", false),
  format({ $ref: "#" }, "", false),
  format({ anyOf: [] }, ".anyOf", false),
  format({ type: "object", properties: { a: false } }, ".properties.a", false),
  format({ const: "x".repeat(120_001) }, "", false),
]);
