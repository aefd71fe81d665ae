import assert from "node:assert/strict";
import { after, test } from "node:test";
import { MAX_JSON_VALUES } from "../../contract/json-depth.ts";
import { createTestApp } from "../test-app.ts";

const app = await createTestApp();
after(() => app[Symbol.asyncDispose]());

const message = { role: "user", content: "hi" };

test("a body of more values than a server can check in passing is refused before they are", async () => {
  const list = `[${"1,".repeat(MAX_JSON_VALUES)}1]`;
  const names = `{${Array.from({ length: MAX_JSON_VALUES }, (_, index) => `"k${index}":""`)}}`;
  for (const path of ["/v1/chat/completions", "/v1/responses", "/v1/conversations", "/v1/fine_tuning/jobs"]) {
    for (const value of [list, names]) {
      const response = await app.call(path, { method: "POST", body: `{"metadata":${value}}` });
      assert.equal(response.status, 400);
      assert.match((await app.json(response)).error.message, /holds more than 262144 values/);
    }
  }
});

test("a chat of more messages than OpenAI takes is refused", async () => {
  const ask = (count: number) =>
    app.post("/v1/chat/completions", { model: "tiny-base", messages: Array(count).fill(message) });
  assert.equal((await ask(2048)).status, 200);
  const refused = await ask(2049);
  const { error } = await app.json(refused);
  assert.deepEqual(
    [refused.status, error.param, error.code],
    [400, "messages", "array_above_max_length"],
    error.message,
  );
});
