import assert from "node:assert/strict";
import { after, test } from "node:test";
import { ErrorBody } from "../contract/errors.ts";
import { createTestApp, tenRows } from "./test-app.ts";

/** What callers can get wrong: each answers with a 4xx in OpenAI's shape and the parameter at fault, never with a 500. */
const app = await createTestApp();
after(() => app[Symbol.asyncDispose]());
const file = (await app.json(app.upload(tenRows))).id as string;
const second = (await app.json(app.upload(tenRows))).id as string;
const userData = (await app.json(app.upload("x", { name: "a.txt", purpose: "user_data" }))).id as string;

const JOBS = "/v1/fine_tuning/jobs";
const CHAT = "/v1/chat/completions";
const job = { model: "tiny-base", training_file: file };
const chat = { model: "tiny-base", messages: [{ role: "user", content: "hi" }] };
const pairs = Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, "v"]));
const hyper = (hyperparameters: unknown) => ({
  ...job,
  method: { type: "supervised", supervised: { hyperparameters } },
});

const CALL = "messages[1].tool_calls[0].function.arguments";
const called = (written: string) => [
  { role: "user", content: "hi" },
  {
    role: "assistant",
    tool_calls: [{ id: "call_1", type: "function", function: { name: "f", arguments: written } }],
  },
];

type Case = [method: string, path: string, body: unknown, status: number, param: string | null];
const cases: Case[] = [
  ["POST", JOBS, {}, 400, "model"],
  ["POST", JOBS, { model: "tiny-base" }, 400, "training_file"],
  ["POST", JOBS, { ...job, model: "gpt-4o-mini" }, 400, null],
  ["POST", JOBS, { ...job, model: "" }, 400, "model"],
  ["POST", JOBS, { ...job, model: ["x"] }, 400, "model"],
  ["POST", JOBS, { ...job, model: "ft:tiny-base:personal::nothere1" }, 400, null],
  ["POST", JOBS, { ...job, training_file: "file-nothere" }, 400, "training_file"],
  ["POST", JOBS, { ...job, training_file: "../../etc/passwd" }, 400, "training_file"],
  ["POST", JOBS, { ...job, training_file: userData }, 400, "training_file"],
  ["POST", JOBS, { ...job, validation_file: "file-nothere" }, 400, "validation_file"],
  ["POST", JOBS, { ...job, validation_file: file }, 400, "validation_file"],
  ["POST", JOBS, { ...job, validation_file: userData }, 400, "validation_file"],
  ["POST", JOBS, { ...job, suffix: "" }, 400, "suffix"],
  ["POST", JOBS, { ...job, suffix: "x".repeat(65) }, 400, "suffix"],
  ["POST", JOBS, { ...job, suffix: "a:b" }, 400, "suffix"],
  ["POST", JOBS, { ...job, seed: "7" }, 400, "seed"],
  ["POST", JOBS, { ...job, seed: 2 ** 31 }, 400, "seed"],
  ["POST", JOBS, { ...job, metadata: pairs }, 400, "metadata"],
  ["POST", JOBS, { ...job, metadata: { a: "x".repeat(513) } }, 400, "metadata.a"],
  ["POST", JOBS, { ...job, metadata: "x" }, 400, "metadata"],
  ["POST", JOBS, { ...job, integrations: [{ type: "wandb", wandb: { project: "p" } }] }, 400, "integrations"],
  ["POST", JOBS, { ...job, integrations: [{}] }, 400, "integrations[0].type"],
  ["POST", JOBS, { ...job, method: { type: "reinforcement" } }, 400, "method.type"],
  ["POST", JOBS, { ...job, method: { type: "supervised", dpo: {} } }, 400, "method.dpo"],
  [
    "POST",
    JOBS,
    { ...job, method: { type: "supervised", supervised: {}, reinforcement: { grader: {} } } },
    400,
    "method.reinforcement",
  ],
  ["POST", JOBS, { ...job, method: { type: "magic" } }, 400, "method.type"],
  ["POST", JOBS, { ...job, method: {} }, 400, "method.type"],
  ["POST", JOBS, { ...job, unknown: 1 }, 400, "unknown"],
  ["POST", JOBS, hyper({ n_epochs: 0 }), 400, "method.supervised.hyperparameters.n_epochs"],
  ["POST", JOBS, hyper({ n_epochs: 51 }), 400, "method.supervised.hyperparameters.n_epochs"],
  ["POST", JOBS, hyper({ n_epochs: 1.5 }), 400, "method.supervised.hyperparameters.n_epochs"],
  ["POST", JOBS, hyper({ n_epochs: "few" }), 400, "method.supervised.hyperparameters.n_epochs"],
  ["POST", JOBS, hyper({ batch_size: 257 }), 400, "method.supervised.hyperparameters.batch_size"],
  ["POST", JOBS, hyper({ batch_size: 0 }), 400, "method.supervised.hyperparameters.batch_size"],
  [
    "POST",
    JOBS,
    hyper({ learning_rate_multiplier: 0 }),
    400,
    "method.supervised.hyperparameters.learning_rate_multiplier",
  ],
  [
    "POST",
    JOBS,
    hyper({ learning_rate_multiplier: -1 }),
    400,
    "method.supervised.hyperparameters.learning_rate_multiplier",
  ],
  ["POST", JOBS, { ...hyper({ n_epochs: 1 }), hyperparameters: { n_epochs: 2 } }, 400, "hyperparameters"],
  ["POST", JOBS, { ...job, hyperparameters: { n_epochs: [] } }, 400, "hyperparameters.n_epochs"],
  ["GET", `${JOBS}/ftjob-nothere`, undefined, 404, "fine_tune_id"],
  ["GET", `${JOBS}/ftjob-nothere/events`, undefined, 404, "fine_tune_id"],
  ["GET", `${JOBS}/ftjob-nothere/checkpoints`, undefined, 404, "fine_tune_id"],
  ["POST", `${JOBS}/ftjob-nothere/cancel`, {}, 404, "fine_tune_id"],
  ["GET", `${JOBS}?limit=0`, undefined, 400, "limit"],
  ["GET", `${JOBS}?limit=-1`, undefined, 400, "limit"],
  ["GET", `${JOBS}?limit=many`, undefined, 400, "limit"],
  ["GET", `${JOBS}?after=ftjob-nothere`, undefined, 404, "after"],
  ["GET", `${JOBS}?limit=1&limit=2`, undefined, 400, "limit"],
  ["GET", `${JOBS}?limit=${"9".repeat(400)}`, undefined, 400, "limit"],
  ["GET", `${JOBS}?metadata=x`, undefined, 400, "metadata"],
  ["GET", `${JOBS}?metadata%5Ba%5D=b&metadata%5Ba%5D=c`, undefined, 400, "metadata[a]"],
  ["GET", `${JOBS}?metadata=null&metadata%5Ba%5D=b`, undefined, 400, "metadata"],
  ["GET", "/v1/files?limit=10001", undefined, 400, "limit"],
  ["GET", "/v1/files?order=up", undefined, 400, "order"],
  ["GET", "/v1/files?purpose=fine-tune&purpose=batch", undefined, 400, "purpose"],
  ["GET", "/v1/files?after=file-nothere", undefined, 404, "after"],
  ["GET", "/v1/files/file-nothere", undefined, 404, "id"],
  ["GET", "/v1/files/..%2F..%2Fperennial.sqlite/content", undefined, 404, "id"],
  ["DELETE", "/v1/files/file-nothere", undefined, 404, "id"],
  ["GET", "/v1/models/nothere", undefined, 404, "model"],
  ["GET", "/v1/models/ft:tiny-base:personal::nothere1", undefined, 404, "model"],
  ["DELETE", "/v1/models/nothere", undefined, 404, "model"],
  ["DELETE", "/v1/models/tiny-base", undefined, 403, "model"],
  ["POST", CHAT, {}, 400, "model"],
  ["POST", CHAT, { model: "tiny-base" }, 400, "messages"],
  ["POST", CHAT, { ...chat, model: "gpt-4o" }, 404, "model"],
  ["POST", CHAT, { ...chat, messages: [] }, 400, "messages"],
  ["POST", CHAT, { ...chat, messages: "hi" }, 400, "messages"],
  ["POST", CHAT, { ...chat, messages: [{ content: "hi" }] }, 400, "messages[0].role"],
  ["POST", CHAT, { ...chat, messages: [{ role: "bot", content: "hi" }] }, 400, "messages[0].role"],
  ["POST", CHAT, { ...chat, messages: [{ role: "user" }] }, 400, "messages[0].content"],
  ["POST", CHAT, { ...chat, messages: [{ role: "user", content: 5 }] }, 400, "messages[0].content"],
  [
    "POST",
    CHAT,
    { ...chat, messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "x" } }] }] },
    400,
    "messages[0].content[0].type",
  ],
  ["POST", CHAT, { ...chat, messages: called("not json") }, 400, CALL],
  ["POST", CHAT, { ...chat, messages: called("") }, 400, CALL],
  ["POST", CHAT, { ...chat, messages: called("[".repeat(65) + "]".repeat(65)) }, 400, CALL],
  [
    "POST",
    CHAT,
    { ...chat, messages: [{ role: "assistant", function_call: { name: "f", arguments: "{" } }] },
    400,
    "messages[0].function_call.arguments",
  ],
  [
    "POST",
    CHAT,
    { ...chat, messages: [{ role: "user", content: [{ type: "refusal", refusal: "no" }] }] },
    400,
    "messages[0].content[0].type",
  ],
  ["POST", CHAT, { ...chat, messages: [{ role: "function", content: "1" }] }, 400, "messages[0].name"],
  ["POST", CHAT, { ...chat, messages: [{ role: "user", content: "\ud800" }] }, 400, "messages[0].content"],
  [
    "POST",
    CHAT,
    { ...chat, tools: [{ type: "function", function: { name: "f", description: "\udfff" } }] },
    400,
    "tools[0].function.description",
  ],
  ["POST", CHAT, { ...chat, stop: ["a", "\ud800"] }, 400, "stop[1]"],
  ["POST", CHAT, { ...chat, parallel_tool_calls: "no" }, 400, "parallel_tool_calls"],
  ["POST", CHAT, { ...chat, reasoning_effort: "high" }, 400, "reasoning_effort"],
  ["POST", CHAT, { ...chat, verbosity: "low" }, 400, "verbosity"],
  ["POST", CHAT, { ...chat, temperature: 3 }, 400, "temperature"],
  ["POST", CHAT, { ...chat, temperature: "hot" }, 400, "temperature"],
  ["POST", CHAT, { ...chat, top_p: 2 }, 400, "top_p"],
  ["POST", CHAT, { ...chat, n: 0 }, 400, "n"],
  ["POST", CHAT, { ...chat, n: 129 }, 400, "n"],
  ["POST", CHAT, { ...chat, stop: ["a", "b", "c", "d", "e"] }, 400, "stop"],
  ["POST", CHAT, { ...chat, max_tokens: 0 }, 400, "max_tokens"],
  ["POST", CHAT, { ...chat, max_completion_tokens: 1.5 }, 400, "max_completion_tokens"],
  ["POST", CHAT, { ...chat, logit_bias: { hello: 1 } }, 400, "logit_bias.hello"],
  ["POST", CHAT, { ...chat, logit_bias: { "5": 101 } }, 400, "logit_bias.5"],
  ["POST", CHAT, { ...chat, top_logprobs: 3 }, 400, "top_logprobs"],
  ["POST", CHAT, { ...chat, logprobs: true, top_logprobs: 21 }, 400, "top_logprobs"],
  ["POST", CHAT, { ...chat, stream_options: { include_usage: true } }, 400, "stream_options"],
  ["POST", CHAT, { ...chat, response_format: { type: "xml" } }, 400, "response_format.type"],
  ["POST", CHAT, { ...chat, tool_choice: "required" }, 400, "tool_choice"],
  ["POST", CHAT, { ...chat, tools: [{ type: "custom" }] }, 400, "tools[0].type"],
  ["POST", CHAT, { ...chat, audio: { voice: "x" } }, 400, "audio"],
  ["POST", CHAT, { ...chat, web_search_options: {} }, 400, "web_search_options"],
  ["POST", CHAT, { ...chat, store: "yes" }, 400, "store"],
  ["GET", "/v1/nothing", undefined, 404, null],
  ["PUT", JOBS, {}, 404, null],
  ["POST", "/v1/organization/projects", { name: "x" }, 403, null],
];

for (const [method, path, body, status, param] of cases) {
  test(`${method} ${path} ${JSON.stringify(body)?.slice(0, 110) ?? ""} is refused with ${status} and param ${param}`, async () => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const response = await app.call(path, { ...init, headers: { "content-type": "application/json" } });
    const { error } = ErrorBody.parse(await app.json(response));
    assert.deepEqual([response.status, error.param], [status, param], error.message);
    assert.ok(response.headers.get("x-request-id"));
  });
}

for (const text of ["{", "null", "[]", "7", '"text"', "\u0000"]) {
  test(`a body of ${JSON.stringify(text)} is refused`, async () => {
    const response = await app.call(JOBS, { method: "POST", body: text });
    assert.equal(response.status, 400);
    ErrorBody.parse(await app.json(response));
  });
}

test("a model and a file that are not there are told in OpenAI's words", async () => {
  const messageOf = async (answer: Response | Promise<Response>) => (await app.json(answer)).error.message;
  for (const method of ["GET", "DELETE"])
    assert.equal(
      await messageOf(app.call("/v1/models/ft:123", { method })),
      "The model 'ft:123' does not exist",
    );
  const asked = { ...job, training_file: "file-nothere" };
  assert.match(await messageOf(app.post(JOBS, asked)), /^invalid training_file: file-nothere\b/);
});

test("an unknown role is refused with the roles that there are", async () => {
  const { error } = await app.json(app.post(CHAT, { ...chat, messages: [{ role: "bogus", content: "x" }] }));
  assert.match(error.message, /'system'.*'user'.*'assistant'/);
});

test("JSON nested deeper than any reader should follow is refused", async () => {
  const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
  const body = `{"model":"tiny-base","messages":[{"role":"user","content":"x"}],"tools":${deep}}`;
  const response = await app.call(CHAT, { method: "POST", body });
  assert.equal(response.status, 400);
  assert.match((await app.json(response)).error.message, /nested deeper than 64/);
});

test("no key, a wrong key and a malformed header are each refused with 401", async () => {
  for (const authorization of ["", "Bearer wrong", "Basic eDp5", "Bearer"]) {
    const response = await app.call("/v1/models", { headers: { authorization } });
    assert.equal(response.status, 401);
    const { error } = ErrorBody.parse(await app.json(response));
    assert.equal(error.message.includes("sk-test-project"), false);
  }
});

test("an admin key has no project of its own", async () => {
  assert.equal((await app.call("/v1/models", {}, "sk-test-admin")).status, 403);
});

test("a body over the limit is refused with 413", async () => {
  const response = await app.post(CHAT, { ...chat, user: "x".repeat(33 * 1024 * 1024) });
  assert.equal(response.status, 413);
});

test("jobs are filtered by metadata and paged by their last id", async () => {
  const ids: string[] = [];
  for (const metadata of [{ a: "1" }, { a: "1", b: "" }, null]) {
    ids.push((await app.json(app.post(JOBS, { ...job, training_file: second, metadata }))).id);
  }
  const listed = async (query: string) =>
    (await app.json(app.call(`${JOBS}?${query}`))).data.map((one: { id: string }) => one.id);
  assert.deepEqual(await listed("metadata%5Ba%5D=1"), [ids[1], ids[0]]);
  assert.deepEqual(await listed("metadata%5Ba%5D=1&metadata%5Bb%5D="), [ids[1]]);
  assert.deepEqual(await listed("metadata=null"), [ids[2]]);
  assert.deepEqual(await listed("limit=1"), [ids[2]]);
  assert.deepEqual(await listed(`limit=1&after=${ids[2]}`), [ids[1]]);
});

test("a base URL without its /v1, or with two, is told apart from a path that there is not", async () => {
  const told = async (path: string) =>
    ErrorBody.parse(await (await app.post(path, chat)).json()).error.message;
  const advice = "A client's base URL is this server's address and /v1, once.";
  assert.equal(await told("/chat/completions"), `Invalid URL (POST /chat/completions). ${advice}`);
  assert.equal(
    await told("/v1/v1/chat/completions"),
    `Invalid URL (POST /v1/v1/chat/completions). ${advice}`,
  );
  assert.equal(await told("/v1/embeddings"), "Invalid URL (POST /v1/embeddings)");
});
