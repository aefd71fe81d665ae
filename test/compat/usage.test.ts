import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import OpenAI from "openai";
import { close, createHttpServer, listen } from "../../server/http-server.ts";
import { createTestApp } from "../../server/test-app.ts";
import { python } from "../support/server.ts";

const run = promisify(execFile);
const lacksPython = existsSync(python) ? false : "run `npm run setup` first: no Python";
const MODEL = "tiny-base";
const messages = [{ role: "user" as const, content: "hi" }];

/** The real application on a port, with engines that answer at once and the real clock. */
async function startApp(environment: Record<string, string> = {}) {
  const app = await createTestApp({ environment, now: () => Math.floor(Date.now() / 1000) });
  const http = createHttpServer(app.app.fetch);
  const port = await listen(http, 0, "127.0.0.1");
  const baseURL = `http://127.0.0.1:${port}/v1`;
  const { data } = await app.json(app.call("/v1/organization/projects", {}, "sk-test-admin"));
  return {
    baseURL,
    projectId: String(data[0].id),
    client: new OpenAI({ baseURL, apiKey: "sk-test-project" }),
    admin: new OpenAI({ baseURL, adminAPIKey: "sk-test-admin", apiKey: "" }),
    [Symbol.asyncDispose]: async () => {
      await close(http);
      await app[Symbol.asyncDispose]();
    },
  };
}

test("the headers of limits come with whole and streamed answers of each API", async () => {
  await using app = await startApp({ PERENNIAL_REQUESTS_PER_MINUTE: "600" });
  const { client } = app;
  const chat = { model: MODEL, messages };
  const answers = [
    await client.chat.completions.create(chat).withResponse(),
    await client.chat.completions.create({ ...chat, stream: true }).withResponse(),
    await client.completions.create({ model: MODEL, prompt: "hi" }).withResponse(),
    await client.completions.create({ model: MODEL, prompt: "hi", stream: true }).withResponse(),
    await client.responses.create({ model: MODEL, input: "hi" }).withResponse(),
    await client.responses.create({ model: MODEL, input: "hi", stream: true }).withResponse(),
  ];
  for (const { data, response } of answers) {
    if (Symbol.asyncIterator in data) for await (const _piece of data);
    assert.equal(response.headers.get("x-ratelimit-limit-requests"), "600");
    assert.match(response.headers.get("x-ratelimit-reset-requests") ?? "", /^\d+ms$/);
    assert.ok(Number(response.headers.get("x-ratelimit-remaining-requests")) >= 594);
  }
});

test("a client that is told to wait waits as long as it is told, and is answered", async () => {
  // 50 are given back each second.
  await using app = await startApp({ PERENNIAL_TOKENS_PER_MINUTE: "3000" });
  const statuses: number[] = [];
  const client = app.client.withOptions({
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      statuses.push(response.status);
      return response;
    },
  });
  // What is made in the background takes its estimate when it is created.
  await client.responses.create({ model: MODEL, input: "hi", background: true, max_output_tokens: 2000 });
  // 60 too many: 1.2 s. A client that waits by itself comes back sooner, and is refused again.
  const { data } = await client.chat.completions
    .create({ model: MODEL, messages, max_tokens: 1060 })
    .withResponse();
  assert.equal(data.choices[0]?.message.content, "hello");
  assert.deepEqual(statuses, [200, 429, 200]);
});

test("the openai package for Python, in strict mode, reads limits and use, and waits as it is told", {
  skip: lacksPython,
}, async () => {
  await using app = await startApp();
  const script = join(import.meta.dirname, "usage_sdk.py");
  const args = [script, app.baseURL, "sk-test-project", "sk-test-admin", app.projectId, MODEL];
  const { stdout } = await run(python, args, { timeout: 60_000 });
  assert.equal(stdout.trim(), "ok");
});
