import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createTestApp, type TestApp, tenRows } from "../server/test-app.ts";
import { createClient } from "./client.ts";
import { ConnectionError } from "./errors.ts";

const fast = { partBytes: 1000, pauseMs: 1 };

const clientOf = (app: TestApp, send?: typeof fetch) =>
  createClient({
    baseUrl: "http://perennial.test/v1",
    apiKey: "sk-test-project",
    fetch: send ?? (async (url, init) => app.app.request(String(url), init)),
  });

const numbered = (count: number) => Buffer.from(Array.from({ length: count }, (_, index) => index % 251));
const partsIn = (app: TestApp) => readdirSync(join(app.folder, "uploads"));

test("a file goes in parts, with its progress told, and comes back whole", async () => {
  await using app = await createTestApp();
  const { uploads, files } = clientOf(app);
  const content = numbered(10_500);
  const told: number[] = [];
  const file = await uploads.send(
    {
      name: "a.bin",
      bytes: new Blob([content]),
      purpose: "user_data",
      onProgress: (sent) => told.push(sent),
    },
    fast,
  );
  assert.deepEqual(Buffer.from(await new Response(await files.content(file.id)).arrayBuffer()), content);
  assert.equal(told.at(-1), content.length);
  assert.ok(told.every((sent, index) => sent >= (told[index - 1] ?? 0)));
});

test("a file larger than one part goes in parts by itself", async () => {
  await using app = await createTestApp();
  const paths: string[] = [];
  const { files } = clientOf(app, async (url, init) => {
    paths.push(new URL(String(url)).pathname.replace(/upload_\w+/, "ID"));
    return app.app.request(String(url), init);
  });
  const bytes = new Blob([new Uint8Array(64 * 1024 * 1024), "x"]);
  const file = await files.upload({ name: "big.bin", bytes, purpose: "user_data" });
  assert.equal(file.bytes, bytes.size);
  assert.deepEqual(paths, [
    "/v1/uploads",
    "/v1/uploads/ID/parts",
    "/v1/uploads/ID/parts",
    "/v1/uploads/ID/complete",
  ]);
});

test("parts that the network loses are sent again", async () => {
  await using app = await createTestApp();
  let calls = 0;
  const { uploads } = clientOf(app, async (url, init) => {
    const answer = await app.app.request(String(url), init);
    calls += 1;
    // Lost on the way there or back: to the sender it looks the same.
    if (calls > 1 && calls % 3 === 0) throw new TypeError("fetch failed");
    return answer;
  });
  const content = numbered(7_300);
  const bytes = new Blob([content]);
  const { id } = await uploads.send({ name: "a.bin", bytes, purpose: "user_data" }, { ...fast, atOnce: 2 });
  assert.ok(calls > 9);
  const read = await new Response((await app.call(`/v1/files/${id}/content`)).body).arrayBuffer();
  assert.deepEqual(Buffer.from(read), content);
  assert.equal((await app.json(app.call("/v1/files"))).data.length, 1);
});

test("an upload that cannot be finished is cancelled, so that nothing of it stays", async () => {
  await using app = await createTestApp();
  const bytes = new Blob([tenRows, "{oops\n"]);
  const upload = { name: "train.jsonl", bytes, purpose: "fine-tune" } as const;
  await assert.rejects(
    clientOf(app).uploads.send(upload, fast),
    /Expected file to have JSONL format.*line 11/,
  );
  const { uploads } = clientOf(app, async (url, init) => {
    if (String(url).endsWith("/complete")) throw new TypeError("fetch failed");
    return app.app.request(String(url), init);
  });
  await assert.rejects(uploads.send(upload, fast), ConnectionError);
  assert.deepEqual(partsIn(app), ["incoming"]);
});
