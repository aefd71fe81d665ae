import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { test } from "node:test";
import OpenAI from "openai";
import { BASE, lacksModel, newFolder, PROJECT_KEY, startServer } from "../support/server.ts";

test("a stored completion that was answered is there after kill -9", { skip: lacksModel }, async () => {
  const folder = newFolder();
  const open = async () => {
    const server = await startServer({ folder, env: { PERENNIAL_ENGINE_THREADS: "1" } });
    return { server, client: new OpenAI({ baseURL: `${server.url}/v1`, apiKey: PROJECT_KEY }) };
  };
  const first = await open();
  const made = await first.client.chat.completions.create({
    model: BASE,
    messages: [{ role: "user", content: "Hi" }],
    max_tokens: 1,
    store: true,
  });
  await first.server.kill();
  const again = await open();
  const { choices } = await again.client.chat.completions.retrieve(made.id);
  await again.server.stop();
  assert.deepEqual(choices, made.choices);
  rmSync(folder, { recursive: true, force: true });
});
