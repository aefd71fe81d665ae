import assert from "node:assert/strict";
import { createHash, randomBytes, randomInt } from "node:crypto";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import OpenAI, { toFile } from "openai";
import { newFolder, PROJECT_KEY, type Server, startServer } from "../support/server.ts";

const clientOf = (server: Server) =>
  new OpenAI({ baseURL: `${server.url}/v1`, apiKey: PROJECT_KEY, maxRetries: 0 });

const md5Of = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");

async function sendPart(client: OpenAI, id: string, bytes: Uint8Array): Promise<string> {
  return (await client.uploads.parts.create(id, { data: await toFile(bytes, "part") })).id;
}

const createUpload = (client: OpenAI, bytes: number) =>
  client.uploads.create({
    filename: "data.bin",
    purpose: "user_data",
    bytes,
    mime_type: "application/octet-stream",
  });

describe("kill -9 of the server during uploads", () => {
  const folder = newFolder();
  after(() => rmSync(folder, { recursive: true, force: true }));

  test("loses no part that was answered", async () => {
    const parts = [randomBytes(3_000_000), randomBytes(10), randomBytes(2_000_000)];
    const content = Buffer.concat(parts);
    const first = await startServer({ folder });
    const { id } = await createUpload(clientOf(first), content.length);
    const ids = await Promise.all(parts.slice(0, 2).map((part) => sendPart(clientOf(first), id, part)));
    const lost = sendPart(clientOf(first), id, parts[2] ?? Buffer.alloc(0)).catch(() => null);
    await first.kill();
    await lost;
    await using second = await startServer({ folder });
    const client = clientOf(second);
    ids.push(await sendPart(client, id, parts[2] ?? Buffer.alloc(0)));
    const { file } = await client.uploads.complete(id, { part_ids: ids, md5: md5Of(content) });
    const read = await (await client.files.content(file?.id ?? "")).arrayBuffer();
    assert.equal(md5Of(new Uint8Array(read)), md5Of(content));
    assert.deepEqual(readdirSync(join(folder, "uploads")), ["incoming"]);
    await client.files.delete(file?.id ?? "");
  });

  test("at any moment of a completion leaves the upload pending, or completed with its file", async () => {
    const content = randomBytes(32_000_000);
    for (let times = 0; times < 3; times += 1) {
      const killAfterMs = randomInt(0, 400);
      const first = await startServer({ folder });
      const { id } = await createUpload(clientOf(first), content.length);
      const part_ids = [
        await sendPart(clientOf(first), id, content.subarray(0, 20_000_000)),
        await sendPart(clientOf(first), id, content.subarray(20_000_000)),
      ];
      const answered = clientOf(first)
        .uploads.complete(id, { part_ids })
        .catch(() => null);
      await new Promise((wait) => setTimeout(wait, killAfterMs));
      await first.kill();
      const before = await answered;

      await using second = await startServer({ folder });
      const client = clientOf(second);
      const ids = (await client.files.list()).data.map((file) => file.id);
      const { file } = await client.uploads.complete(id, { part_ids, md5: md5Of(content) });
      const where = `killed after ${killAfterMs} ms`;
      if (before) assert.equal(before.file?.id, file?.id, where);
      if (ids.length > 0) assert.deepEqual(ids, [file?.id], where);
      const read = await (await client.files.content(file?.id ?? "")).arrayBuffer();
      assert.equal(md5Of(new Uint8Array(read)), md5Of(content), where);
      assert.deepEqual(readdirSync(join(folder, "files")).sort(), [file?.id, "incoming"].sort(), where);
      assert.deepEqual(readdirSync(join(folder, "uploads")), ["incoming"], where);
      await client.files.delete(file?.id ?? "");
    }
  });
});
