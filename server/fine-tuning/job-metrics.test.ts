import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "../../client/client.ts";
import { createTestApp } from "../test-app.ts";
import { createJob, hasEnded, playAll } from "../test-job.ts";

test("a job's steps come as columns, and later only what is new", async () => {
  await using app = await createTestApp();
  const { jobs } = createClient({
    baseUrl: "http://perennial.test",
    apiKey: "sk-test-project",
    fetch: async (url, init) => app.app.request(String(url), init),
  });
  const { id } = await createJob(app);
  const run = await app.nextRun();
  const before = await jobs.metrics(id);
  assert.deepEqual([before.step, before.metrics, before.last, before.has_more], [[], {}, 0, false]);
  playAll(run);
  await app.waitForJob(id, hasEnded);
  const all = await jobs.metrics(id);
  assert.deepEqual(all.step, [1, 2, 3, 4]);
  assert.deepEqual(all.metrics.train_loss, [2, 1, 2 / 3, 0.5]);
  assert.deepEqual(all.metrics.tokens, [50, 100, 150, 200]);
  assert.equal(all.total_steps, 4);
  assert.equal(all.created_at.length, 4);
  const { step, last, has_more } = await jobs.metrics(id, { after: 0, limit: 3 });
  assert.deepEqual([step, has_more], [[1, 2, 3], true]);
  const rest = await jobs.metrics(id, { after: last });
  assert.deepEqual([rest.step, rest.last, rest.has_more], [[4], all.last, false]);
  assert.deepEqual((await jobs.metrics(id, { after: all.last })).step, []);
});

test("another project's job has no metrics to show, and a bad cursor is named", async () => {
  await using app = await createTestApp();
  const { id } = await createJob(app);
  const path = `/v1/perennial/fine_tuning/jobs/${id}/metrics`;
  assert.equal((await app.call(path, {}, await app.otherKey())).status, 404);
  for (const query of ["after=-1", "after=x", "limit=0", "limit=20001"])
    assert.equal((await app.call(`${path}?${query}`)).status, 400, query);
});
