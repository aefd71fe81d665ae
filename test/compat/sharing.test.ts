import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import OpenAI, { toFile } from "openai";
import { close, createHttpServer, listen } from "../../server/http-server.ts";
import { createTestApp, type TestApp, tenRows } from "../../server/test-app.ts";
import { createJob, hasEnded, playAll } from "../../server/test-job.ts";
import { type Conformance, createConformance, lacksSchemas } from "../support/conformance.ts";
import { python } from "../support/server.ts";

const [KEY, ADMIN_KEY] = ["sk-test-project", "sk-test-admin"];
const run = promisify(execFile);

/** Uploads in parts and shared checkpoints by the official clients; trainer and engine are played, HTTP is real. */
describe("uploads in parts and checkpoint permissions", () => {
  let app: TestApp;
  let baseURL: string;
  let conformance: Conformance;
  let client: OpenAI;
  let admin: OpenAI;
  let model: string;
  let checkpoint: string;
  let resultFile: string;
  let stop: () => Promise<void>;

  before(async () => {
    app = await createTestApp();
    const http = createHttpServer(app.app.fetch);
    stop = () => close(http);
    baseURL = `http://127.0.0.1:${await listen(http, 0, "127.0.0.1")}/v1`;
    conformance = createConformance();
    client = new OpenAI({ baseURL, apiKey: KEY, fetch: conformance.fetch });
    admin = new OpenAI({ baseURL, adminAPIKey: ADMIN_KEY, apiKey: "", fetch: conformance.fetch });
    const job = await createJob(app);
    playAll(await app.nextRun());
    const { fine_tuned_model, result_files } = await app.waitForJob(job.id, hasEnded);
    model = String(fine_tuned_model);
    resultFile = String(result_files);
    const { data } = await client.fineTuning.jobs.checkpoints.list(job.id);
    checkpoint = data[1]?.fine_tuned_model_checkpoint ?? "";
  });
  after(async () => {
    await stop?.();
    await app?.[Symbol.asyncDispose]();
  });

  async function newProject(name: string) {
    const { id } = await admin.admin.organization.projects.create({ name });
    const account = await admin.admin.organization.projects.serviceAccounts.create(id, { name });
    const apiKey = account.api_key?.value ?? "";
    return { id, apiKey, client: new OpenAI({ baseURL, apiKey, fetch: conformance.fetch, maxRetries: 0 }) };
  }

  test("a training file goes up in parts side by side, and trains", async () => {
    const upload = await client.uploads.create({
      filename: "train.jsonl",
      purpose: "fine-tune",
      bytes: Buffer.byteLength(tenRows),
      mime_type: "text/jsonl",
      expires_after: { anchor: "created_at", seconds: 3600 },
    });
    assert.equal(upload.status, "pending");
    const pieces = [tenRows.slice(0, 300), tenRows.slice(300, 500), tenRows.slice(500)];
    const parts = await Promise.all(
      pieces.map(async (piece) =>
        client.uploads.parts.create(upload.id, { data: await toFile(Buffer.from(piece), "part") }),
      ),
    );
    const done = await client.uploads.complete(upload.id, {
      part_ids: parts.map(({ id }) => id),
      md5: createHash("md5").update(tenRows).digest("hex"),
    });
    assert.equal(done.status, "completed");
    const file = done.file?.id ?? "";
    assert.equal(await (await client.files.content(file)).text(), tenRows);
    assert.equal((await client.files.waitForProcessing(file)).status, "processed");
    const job = await client.fineTuning.jobs.create({ model: "tiny-base", training_file: file });
    assert.equal((await client.fineTuning.jobs.cancel(job.id)).status, "cancelled");
  });

  test("an upload is cancelled, and refuses more", async () => {
    const body = { filename: "a.txt", purpose: "user_data", bytes: 5, mime_type: "text/plain" } as const;
    const { id } = await client.uploads.create(body);
    assert.equal((await client.uploads.cancel(id)).status, "cancelled");
    const data = await toFile(Buffer.from("hello"), "part");
    await assert.rejects(client.uploads.parts.create(id, { data }), { status: 400 });
    await assert.rejects(client.uploads.complete(id, { part_ids: ["part_x"] }), { status: 400 });
  });

  test("an admin shares a model and a checkpoint, and takes them back", async () => {
    const { permissions } = admin.fineTuning.checkpoints;
    const other = await newProject("Other");
    const messages = [{ role: "user" as const, content: "hi" }];
    for (const name of [model, checkpoint]) {
      const use = () => other.client.chat.completions.create({ model: name, messages });
      await assert.rejects(use, { status: 404, code: "model_not_found" });
      const granted = await permissions.create(name, { project_ids: [other.id] });
      const [permission] = granted.data;
      assert.equal(permission?.project_id, other.id);
      assert.equal((await use()).model, name);
      assert.equal((await other.client.models.retrieve(name)).id, name);
      const file = await toFile(Buffer.from(tenRows), "train.jsonl");
      const training = await other.client.files.create({ file, purpose: "fine-tune" });
      const further = { model: name, training_file: training.id };
      const job = await other.client.fineTuning.jobs.create(further);
      await other.client.fineTuning.jobs.cancel(job.id);
      await assert.rejects(other.client.models.delete(name), { status: 403 });
      const deleted = await permissions.delete(permission?.id ?? "", { fine_tuned_model_checkpoint: name });
      assert.equal(deleted.deleted, true);
      await assert.rejects(use, { status: 404 });
      await assert.rejects(other.client.fineTuning.jobs.create(further), { code: "model_not_available" });
    }
  });

  test("permissions are paged by their last id", async () => {
    const { permissions } = admin.fineTuning.checkpoints;
    const projects = [];
    for (const name of ["A", "B", "C"]) projects.push((await newProject(name)).id);
    await permissions.create(model, { project_ids: projects });
    const read: string[] = [];
    const query = { limit: 2, order: "ascending" } as const;
    for await (const permission of permissions.list(model, query)) read.push(permission.project_id);
    assert.deepEqual(read, projects);
    const { data } = await permissions.list(model, { project_id: projects[1] ?? "" });
    assert.equal(data.length, 1);
  });

  test("a result file is read as CSV, or as base64 text by a query", async () => {
    const csv = await (await client.files.content(resultFile)).text();
    assert.match(csv, /^step,train_loss/);
    const encoded = await client.files.content(resultFile, { query: { encoding: "base64" } });
    assert.equal(Buffer.from(await encoded.text(), "base64").toString(), csv);
  });

  test("the openai package for Python does the same in strict mode", {
    skip: !existsSync(python) && "run `npm run setup` first: no Python",
  }, async () => {
    const path = join(app.folder, "train.jsonl");
    writeFileSync(path, tenRows);
    const script = join(import.meta.dirname, "python_sharing.py");
    const args = [script, baseURL, KEY, ADMIN_KEY, path, model, checkpoint, resultFile];
    const { stdout } = await run(python, args, { timeout: 120_000 });
    assert.equal(stdout.trim(), "ok");
  });

  test("every answer on the way has OpenAI's own schema", { skip: lacksSchemas }, () => {
    assert.deepEqual(conformance.failures, []);
    for (const name of [
      "Upload",
      "UploadPart",
      "ListFineTuningCheckpointPermissionResponse",
      "DeleteFineTuningCheckpointPermissionResponse",
    ])
      assert.ok((conformance.checked.get(name) ?? 0) > 0, `no ${name} was checked`);
  });
});
