import assert from "node:assert/strict";
import { test } from "node:test";
import OpenAI from "openai";
import { BASE, lacksModel, PROJECT_KEY, startServer } from "../support/server.ts";

test("eight choices come from an engine of four slots, whole and streamed", {
  skip: lacksModel,
}, async () => {
  await using server = await startServer();
  const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: PROJECT_KEY, maxRetries: 0 });
  const messages = [{ role: "user" as const, content: "Say hello." }];
  const asked = { model: BASE, messages, max_tokens: 8, n: 8 };
  const { choices } = await client.chat.completions.create(asked);
  const finished = new Set<number>();
  for await (const chunk of await client.chat.completions.create({ ...asked, stream: true }))
    for (const { index, finish_reason } of chunk.choices) if (finish_reason) finished.add(index);
  const all = [0, 1, 2, 3, 4, 5, 6, 7];
  assert.deepEqual([choices.map(({ index }) => index), [...finished].sort()], [all, all]);
});
