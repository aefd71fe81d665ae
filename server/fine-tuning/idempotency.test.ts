import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createTestApp, type TestApp, tenRows } from "../test-app.ts";
import { hasEnded, playAll } from "../test-job.ts";

const JOBS = "/v1/fine_tuning/jobs";

const create = (app: TestApp, request: object, idempotencyKey: string, apiKey?: string) =>
  app.call(
    JOBS,
    {
      method: "POST",
      body: JSON.stringify(request),
      headers: { "content-type": "application/json", "idempotency-key": idempotencyKey },
    },
    apiKey,
  );

async function requestOn(app: TestApp, key?: string) {
  const file = await app.json(app.upload(tenRows, key === undefined ? {} : { key }));
  return { model: "tiny-base", training_file: file.id as string, metadata: { a: "1", b: "2" } };
}
const jobsOf = async (app: TestApp) => (await app.json(app.call(JOBS))).data.length;

test("the same key gives the same job, however the request is written and whatever became of the job", async () => {
  await using app = await createTestApp();
  const request = await requestOn(app);
  const first = await app.json(create(app, request, "run-1"));
  const { model, training_file } = request;
  const rewritten = { suffix: null, metadata: { b: "2", a: "1" }, training_file, model };
  assert.equal((await app.json(create(app, rewritten, "run-1"))).id, first.id);
  playAll(await app.nextRun());
  await app.waitForJob(first.id, hasEnded);
  await app.call(`/v1/files/${training_file}`, { method: "DELETE" });
  const later = await app.json(create(app, request, "run-1"));
  assert.deepEqual([later.id, later.status], [first.id, "succeeded"]);
  assert.equal(await jobsOf(app), 1);
});

test("the same key with another request is refused without a retry", async () => {
  await using app = await createTestApp();
  const request = await requestOn(app);
  await create(app, request, "run-1");
  const response = await create(app, { ...request, seed: 1 }, "run-1");
  const { error } = await app.json(response);
  assert.deepEqual(
    [response.status, error.code, error.param],
    [400, "idempotency_key_reused", "Idempotency-Key"],
  );
  assert.equal(response.headers.get("x-should-retry"), "false");
  assert.equal(await jobsOf(app), 1);
});

test("calls that come at the same time with one key make one job, and no folder of another", async () => {
  await using app = await createTestApp();
  const request = await requestOn(app);
  const answers = await Promise.all(Array.from({ length: 8 }, () => create(app, request, "run-1")));
  const ids = await Promise.all(answers.map(async (answer) => (await app.json(answer)).id));
  assert.equal(new Set(ids).size, 1);
  assert.equal(await jobsOf(app), 1);
  assert.deepEqual(readdirSync(join(app.folder, "jobs")), [ids[0]]);
});

test("a request that was refused does not use its key up", async () => {
  await using app = await createTestApp();
  const request = await requestOn(app);
  assert.equal((await create(app, { ...request, model: "gpt-4o" }, "run-1")).status, 400);
  assert.equal((await create(app, request, "run-1")).status, 200);
});

test("a key belongs to its project, and without one every call makes a job", async () => {
  await using app = await createTestApp();
  const other = await app.otherKey();
  const ours = await app.json(create(app, await requestOn(app), "run-1"));
  const theirs = await app.json(create(app, await requestOn(app, other), "run-1", other));
  assert.notEqual(ours.id, theirs.id);
  const request = await requestOn(app);
  const [one, two] = [await app.json(app.post(JOBS, request)), await app.json(app.post(JOBS, request))];
  assert.notEqual(one.id, two.id);
});

test("a known key is answered also where no more jobs may wait", async () => {
  await using app = await createTestApp({ environment: { PERENNIAL_PROJECT_WAITING_JOBS: "1" } });
  const request = await requestOn(app);
  await create(app, request, "running");
  await app.nextRun();
  const waiting = await app.json(create(app, request, "waiting"));
  assert.equal((await create(app, request, "another")).status, 429);
  assert.equal((await app.json(create(app, request, "waiting"))).id, waiting.id);
});

for (const key of ["", "with space", "x".repeat(256), "umlaut-\u00fc", "tab\tin"]) {
  test(`an idempotency key of ${JSON.stringify(key.slice(0, 20))} (${key.length}) is refused by name`, async () => {
    await using app = await createTestApp();
    const response = await create(app, await requestOn(app), key);
    const { error } = await app.json(response);
    assert.deepEqual([response.status, error.param], [400, "Idempotency-Key"]);
  });
}
