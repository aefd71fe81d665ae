import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "../../client/client.ts";
import { createTestApp, type TestApp } from "../test-app.ts";
import { createJob } from "../test-job.ts";

const systemOf = (app: TestApp, apiKey: string) =>
  createClient({
    baseUrl: "http://perennial.test",
    apiKey,
    fetch: async (url, init) => app.app.request(String(url), init),
  }).system.get();

test("the machine is told to all, the jobs that run on it to those whom they concern", async () => {
  await using app = await createTestApp({
    parts: { readMemory: () => ({ totalBytes: 9e12, availableBytes: 8e12 }) },
  });
  const otherKey = await app.otherKey();
  const { id } = await createJob(app);
  await app.nextRun();
  await app.waitForJob(id, ({ status }) => status === "running");
  const own = await systemOf(app, "sk-test-project");
  assert.deepEqual(
    own.trainings.jobs.map((job) => [job.id, job.model]),
    [[id, "tiny-base"]],
  );
  assert.deepEqual([own.trainings.running, own.trainings.waiting, own.trainings.limit], [1, 0, 1]);
  assert.deepEqual(own.engines, [{ base: "tiny-base", pid: 7, adapters: 2, memory_bytes: 1000 }]);
  assert.deepEqual(own.requests, [{ base: "tiny-base", working: 3, waiting: 1 }]);
  assert.equal(own.memory.total_bytes, 9e12);
  assert.ok(own.disk && own.disk.free_bytes > 0 && own.disk.free_bytes <= own.disk.total_bytes);
  const other = await systemOf(app, otherKey);
  assert.deepEqual([other.trainings.running, other.trainings.jobs], [1, []]);
  const admin = await systemOf(app, "sk-test-admin");
  assert.deepEqual(admin.trainings.jobs, own.trainings.jobs);
  const made = await app.json(app.post("/v1/perennial/organizations", { name: "acme" }, "sk-test-admin"));
  assert.deepEqual((await systemOf(app, made.admin_key)).trainings.jobs, []);
});

test("nobody without a key learns of the machine", async () => {
  await using app = await createTestApp();
  assert.equal((await app.app.request("/v1/perennial/system")).status, 401);
});
