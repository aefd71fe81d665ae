import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { chatRow, createTestApp, type TestApp, tenRows } from "../server/test-app.ts";
import { createClient } from "./client.ts";
import { ApiError, ConnectionError } from "./errors.ts";
import { take } from "./pages.ts";

const clientOf = (app: TestApp, apiKey = "sk-test-project", baseUrl = "http://perennial.test/v1") =>
  createClient({
    baseUrl,
    apiKey,
    fetch: async (url, init) => app.app.request(String(url), init),
  });

const upload = (app: TestApp, content = tenRows, name = "train.jsonl") =>
  clientOf(app).files.upload({ name, bytes: new Blob([content]), purpose: "fine-tune" });

test("a file is uploaded with its progress told, listed, read and deleted", async () => {
  await using app = await createTestApp();
  const { files } = clientOf(app);
  const content = `${tenRows.trimEnd()}\n`.repeat(2000);
  const told: number[] = [];
  const onProgress = (sent: number) => told.push(sent);
  const file = await files.upload({
    name: "train.jsonl",
    bytes: new Blob([content]),
    purpose: "fine-tune",
    onProgress,
  });
  assert.equal(file.bytes, Buffer.byteLength(content));
  assert.ok(told.length > 2 && told.every((sent, index) => sent > (told[index - 1] ?? 0)));
  assert.deepEqual(await take(files.list({ purpose: "fine-tune" }), 10), [file]);
  assert.deepEqual(await take(files.list({ purpose: "batch" }), 10), []);
  assert.equal(await new Response(await files.content(file.id)).text(), content);
  assert.equal((await files.delete(file.id)).deleted, true);
});

test("a file's name may hold quotes and letters of any script", async () => {
  await using app = await createTestApp();
  const file = await upload(app, tenRows, 'fünf "Fragen".jsonl');
  assert.match(file.filename, /^fünf .*Fragen.*\.jsonl$/);
});

test("the server's refusal carries its status, code, parameter and request id", async () => {
  await using app = await createTestApp();
  const file = await upload(app);
  const { jobs } = clientOf(app);
  await assert.rejects(jobs.create({ model: "nothing", training_file: file.id }), (error) => {
    assert.ok(error instanceof ApiError);
    assert.equal(error.status, 400);
    assert.equal(error.code, "model_not_available");
    assert.match(error.requestId ?? "", /^req_/);
    return /nothing is not available/.test(error.message);
  });
  await assert.rejects(clientOf(app, "sk-wrong").models.list(), { status: 401, code: "invalid_api_key" });
});

test("lists go on over pages until the reader has enough", async () => {
  await using app = await createTestApp();
  const file = await upload(app);
  const { jobs } = clientOf(app);
  const made = [];
  for (let count = 0; count < 3; count += 1) {
    made.unshift((await jobs.create({ model: "tiny-base", training_file: file.id })).id);
  }
  assert.deepEqual(
    (await take(jobs.list(), 2)).map(({ id }) => id),
    made.slice(0, 2),
  );
  assert.deepEqual(
    (await take(jobs.list(), 9)).map(({ id }) => id),
    made,
  );
});

test("events come oldest first, and only those after the one that is known", async () => {
  await using app = await createTestApp();
  const file = await upload(app, `${chatRow("a", "b")}\n`);
  const { jobs } = clientOf(app);
  const { id } = await jobs.create({ model: "tiny-base", training_file: file.id });
  await app.waitForJob(id, ({ status }) => status === "failed");
  const all = await jobs.eventsSince(id, null);
  assert.match(all[0]?.message ?? "", /^Created fine-tuning job/);
  assert.ok(all.length >= 3);
  assert.deepEqual(await jobs.eventsSince(id, all[1]?.id ?? null), all.slice(2));
});

async function* pieces(...texts: string[]) {
  for (const text of texts) yield Buffer.from(text);
}

const delta = (content: string) => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;

test("a streamed answer comes piece by piece, wherever the network cuts it", async () => {
  const whole = `${delta("Hé")}${delta("llo")}data: [DONE]\n\n`;
  const bytes = Buffer.from(whole);
  await using app = await createTestApp({
    serving: {
      chat: async () => ({
        status: 200,
        body: (async function* () {
          for (const byte of bytes) yield Buffer.from([byte]);
        })(),
      }),
    },
  });
  const messages = [{ role: "user" as const, content: "hi" }];
  const { chat } = clientOf(app);
  assert.deepEqual(await Array.fromAsync(chat.stream({ model: "tiny-base", messages })), ["Hé", "llo"]);
});

test("a stream that breaks off is an error, not a short answer", async () => {
  await using app = await createTestApp({
    serving: { chat: async () => ({ status: 200, body: pieces(delta("half")) }) },
  });
  const messages = [{ role: "user" as const, content: "hi" }];
  const { chat } = clientOf(app);
  await assert.rejects(Array.fromAsync(chat.stream({ model: "tiny-base", messages })), ApiError);
});

test("a key that no header can carry is refused unsent and unsaid", async () => {
  for (const apiKey of ["sk-two\nlines", "sk-schlüssel", "sk-“quoted”", "sk- blank"]) {
    const { models } = createClient({ baseUrl: `http://127.0.0.1:${await closedPort()}`, apiKey });
    await assert.rejects(models.list(), { message: "The API key holds characters that no key has." });
  }
});

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test("no server there is one sentence that says how to start one", async () => {
  const baseUrl = `http://127.0.0.1:${await closedPort()}`;
  await assert.rejects(
    createClient({ baseUrl: `${baseUrl}/v1/`, apiKey: "k" }).models.list(),
    (error) =>
      error instanceof ConnectionError &&
      error.message === `No Perennial server answers at ${baseUrl}. Start one with \`npm start\`.`,
  );
});

test("another program's answer is not taken for Perennial's", async () => {
  for (const status of [200, 502]) {
    const fetch = async () => new Response("<html>hello</html>", { status });
    const { models } = createClient({ baseUrl: "http://other.test", apiKey: "k", fetch });
    await assert.rejects(models.list(), /What answers at http:\/\/other.test is not a Perennial server/);
  }
});
