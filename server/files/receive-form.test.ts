import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createTestApp, tenRows } from "../test-app.ts";
import { createFileBytes } from "./file-bytes.ts";
import { receiveForm } from "./receive-form.ts";

const BOUNDARY = "x-boundary";
const headers = new Headers({ "content-type": `multipart/form-data; boundary=${BOUNDARY}` });
const field = { name: "file", maxBytes: 1_000_000, tooLarge: "too large" };
const part = (name: string, value: string, more = "") =>
  `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`;
const start =
  part("purpose", "user_data") + part("file", "x".repeat(200_000), '; filename="a.txt"').trimEnd();

function streamOf(text: string, how: "ends" | "breaks"): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(Buffer.from(text));
      if (how === "ends") controller.close();
      else setTimeout(() => controller.error(new Error("the client went away")), 20);
    },
  });
}

async function withBytes(
  run: (bytes: Awaited<ReturnType<typeof createFileBytes>>, folder: string) => Promise<void>,
) {
  const folder = mkdtempSync(join(tmpdir(), "perennial-upload-"));
  await run(await createFileBytes(folder), folder);
  rmSync(folder, { recursive: true, force: true });
}

for (const how of ["ends", "breaks"] as const) {
  test(`an upload that ${how} before its end is refused and leaves no bytes`, () =>
    withBytes(async (bytes, folder) => {
      await assert.rejects(
        receiveForm({ body: streamOf(start, how), headers }, bytes, field),
        /not complete or not valid/,
      );
      assert.deepEqual(readdirSync(join(folder, "incoming")), []);
    }));
}

test("a disk that cannot take the file fails the upload at once, its whole body read", () =>
  withBytes(async (bytes, folder) => {
    rmSync(join(folder, "incoming"), { recursive: true });
    const whole = `${start}\r\n--${BOUNDARY}--\r\n`;
    await assert.rejects(receiveForm({ body: streamOf(whole, "ends"), headers }, bytes, field), {
      code: "ENOENT",
    });
  }));

test("a file's bytes are opened only when they are read", async () => {
  await using app = await createTestApp();
  const file = await app.json(app.upload(tenRows));
  const openFiles = () => readdirSync("/proc/self/fd").length;
  const before = openFiles();
  for (let times = 0; times < 5; times += 1) {
    const head = await app.call(`/v1/files/${file.id}/content`, { method: "HEAD" });
    assert.equal(head.headers.get("content-length"), String(tenRows.length));
  }
  assert.equal(openFiles(), before);
});

/** How far the reader is when it breaks off. */
const moments: Record<string, (reader: ReadableStreamDefaultReader) => Promise<unknown>> = {
  "before anything is read": async () => {},
  "while the file is opened": async (reader) => {
    reader.read().catch(() => {});
  },
  "while a piece is read": async (reader) => {
    await reader.read();
    reader.read().catch(() => {});
  },
  "after a piece": (reader) => reader.read(),
};
for (const [moment, readTo] of Object.entries(moments)) {
  for (const encoding of ["plain", "base64"]) {
    test(`a download (${encoding}) that is broken off ${moment} leaves no file open`, async () => {
      await using app = await createTestApp();
      const { id } = await app.json(app.upload("x".repeat(1_000_000), { purpose: "user_data" }));
      const openFiles = () => readdirSync("/proc/self/fd").length;
      const before = openFiles();
      const { body } = await app.call(`/v1/files/${id}/content?encoding=${encoding}`);
      const reader = body?.getReader();
      assert.ok(reader);
      await readTo(reader);
      await reader.cancel();
      assert.equal(openFiles(), before);
    });
  }
}

test("deleting files while their list is read page by page misses none", async () => {
  await using app = await createTestApp();
  for (let index = 0; index < 5; index += 1) await app.upload(tenRows);
  let after = "";
  let deleted = 0;
  for (;;) {
    const page = await app.json(app.call(`/v1/files?limit=2${after && `&after=${after}`}`));
    for (const file of page.data) {
      await app.call(`/v1/files/${file.id}`, { method: "DELETE" });
      deleted += 1;
    }
    if (!page.has_more) break;
    after = page.last_id;
  }
  assert.equal(deleted, 5);
});
