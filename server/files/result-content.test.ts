import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { createTestApp, type TestApp, tenRows } from "../test-app.ts";
import { createJob, hasEnded, playAll } from "../test-job.ts";

async function resultFile(app: TestApp): Promise<string> {
  const job = await createJob(app);
  playAll(await app.nextRun());
  const { result_files } = await app.waitForJob(job.id, hasEnded);
  assert.ok(Array.isArray(result_files));
  return String(result_files[0]);
}

const contentOf = async (app: TestApp, id: string, query = "") => {
  const response = await app.call(`/v1/files/${id}/content${query}`);
  assert.equal(response.status, 200);
  const text = await response.text();
  assert.equal(response.headers.get("content-length"), String(text.length));
  return text;
};
const openFiles = () => readdirSync("/proc/self/fd").length;
const decoded = (text: string) => Buffer.from(text, "base64").toString();

test("a result file is CSV, and base64 text of it for those who ask", async () => {
  await using app = await createTestApp();
  const id = await resultFile(app);
  const csv = await contentOf(app, id);
  assert.match(csv, /^step,train_loss,train_mean_token_accuracy,valid_loss/);
  assert.equal(csv.split("\n").length, 6);
  assert.equal(decoded(await contentOf(app, id, "?encoding=base64")), csv);
  assert.equal(await contentOf(app, id, "?encoding=plain"), csv);
  const before = openFiles();
  const head = await app.call(`/v1/files/${id}/content?encoding=base64`, { method: "HEAD" });
  assert.equal(head.headers.get("content-length"), String(Buffer.from(csv).toString("base64").length));
  assert.equal(openFiles(), before);
  const refused = await app.call(`/v1/files/${id}/content?encoding=gzip`);
  assert.equal(refused.status, 400);
  assert.equal((await app.json(refused)).error.param, "encoding");
});

test("a server told so sends result files, and no others, as base64 unless asked for plain bytes", async () => {
  await using app = await createTestApp({ environment: { PERENNIAL_RESULT_FILES: "base64" } });
  const id = await resultFile(app);
  const csv = await contentOf(app, id, "?encoding=plain");
  assert.match(csv, /^step,/);
  assert.equal(decoded(await contentOf(app, id)), csv);
  const { id: data } = await app.json(app.upload(tenRows));
  assert.equal(await contentOf(app, data), tenRows);
});
