import { after } from "node:test";
import { createTestApp } from "../test-app.ts";
import { refuse, valuesBut, type Wrong } from "../test-refusals.ts";

const app = await createTestApp();
after(() => app[Symbol.asyncDispose]());

const CHAT = "/v1/chat/completions";
const text = { model: "tiny-base", prompt: "hi" };
const ask = (fields: object, param: string | null, status = 400): Wrong => ({
  method: "POST",
  path: "/v1/completions",
  json: { ...text, ...fields },
  status,
  param,
});
const withField = (name: string, values: readonly unknown[], param = name): Wrong[] =>
  values.map((value) => ask({ [name]: value }, param));

const { id } = await app.json(
  app.post(CHAT, { model: "tiny-base", messages: [{ role: "user", content: "hi" }], store: true }),
);
const list = (query: string, param: string | null, status = 400): Wrong => ({
  path: `${CHAT}?${query}`,
  status,
  param,
});
const update = (json: unknown, param: string | null): Wrong => ({
  method: "POST",
  path: `${CHAT}/${id}`,
  json,
  param,
});
const missing = (method: "GET" | "POST" | "DELETE", path: string, json?: unknown): Wrong => ({
  method,
  path: CHAT + path,
  ...(json ? { json } : {}),
  status: 404,
  param: null,
});

refuse(app, [
  ...withField("model", [...valuesBut("string"), null, ""]),
  ask({ model: "babbage-002" }, "model", 404),
  ...withField("prompt", [7, true, {}, null, "", []]),
  ask({ prompt: [""] }, "prompt[0]"),
  ask({ prompt: [[]] }, "prompt[0]"),
  ask({ prompt: [-1] }, "prompt[0]"),
  ask({ prompt: [1.5] }, "prompt[0]"),
  ask({ prompt: [[1], [-1]] }, "prompt[1][0]"),
  ask({ prompt: ["a", 7] }, "prompt[1]"),
  ask({ prompt: "\udfff" }, "prompt"),
  ask({ prompt: Array.from({ length: 129 }, () => "x") }, "prompt"),
  ask({ prompt: ["a", "b"], n: 65 }, "n"),
  ...withField("best_of", [2, 20]),
  ask({ best_of: 1, n: 2 }, "best_of"),
  ...withField("best_of", [...valuesBut("integer"), -1, 21]),
  ...withField("suffix", ["end", 7]),
  ...withField("echo", valuesBut("boolean")),
  ...withField("logprobs", [...valuesBut("integer").slice(0, 3), -1, 6]),
  ...withField("max_tokens", [...valuesBut("integer"), -1, 2049, 2 ** 31]),
  ...withField("n", [...valuesBut("integer"), 0, 129]),
  ...withField("temperature", [...valuesBut("integer", "decimal"), -0.1, 2.1]),
  ...withField("top_p", [-0.1, 1.1, "x"]),
  ...withField("frequency_penalty", [-2.1, 2.1, "x"]),
  ...withField("presence_penalty", [-2.1, 2.1, "x"]),
  ...withField("stop", [7, "", ["a", "b", "c", "d", "e"]]),
  ask({ logit_bias: { "7": 200 } }, "logit_bias.7"),
  ...withField("seed", [1.5, "x"]),
  ...withField("stream", ["x", 7]),
  ask({ stream_options: { include_usage: true } }, "stream_options"),
  ...withField("user", [7, {}]),
  ask({ messages: [] }, "messages"),
  ask({ max_completion_tokens: 5 }, "max_completion_tokens"),
  ask({ response_format: { type: "text" } }, "response_format"),

  list("limit=0", "limit"),
  list("limit=101", "limit"),
  list("limit=x", "limit"),
  list("order=up", "order"),
  list("after=chatcmpl-none", "after", 404),
  list("model=", "model"),
  list("metadata=null", "metadata"),
  list("metadata=x", "metadata"),
  list("metadata[a]=1&metadata[a]=2", "metadata[a]"),
  { path: `${CHAT}/${id}/messages?limit=0`, param: "limit" },
  { path: `${CHAT}/${id}/messages?order=x`, param: "order" },
  { path: `${CHAT}/${id}/messages?after=${id}`, status: 404, param: "after" },
  update({}, "metadata"),
  update({ metadata: 7 }, "metadata"),
  update({ metadata: { a: 7 } }, "metadata.a"),
  update({ metadata: { a: "x".repeat(513) } }, "metadata.a"),
  update({ metadata: {}, model: "x" }, "model"),
  update({ metadata: { a: "\ud800" } }, "metadata.a"),
  missing("GET", "/chatcmpl-none"),
  missing("GET", "/%00"),
  missing("GET", "/..%2f..%2fetc"),
  missing("GET", "/chatcmpl-none/messages"),
  missing("POST", "/chatcmpl-none", { metadata: {} }),
  missing("DELETE", "/chatcmpl-none"),
]);
