import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestApp, type PlayedRun, type TestApp, tenRows } from "../test-app.ts";
import { createJob, eventsOf, hasEnded, playAll } from "../test-job.ts";

const GB = 1e9;
const JOBS = "/v1/fine_tuning/jobs";

async function createJobAs(app: TestApp, key: string, more = {}) {
  const file = await app.json(app.upload(tenRows, { key }));
  return app.json(app.post(JOBS, { model: "tiny-base", training_file: file.id, ...more }, key));
}
const idOf = (run: PlayedRun) => run.folder.split("/").at(-1);
const isQueued = (app: TestApp, key: string) => async (id: string) => {
  for (let tries = 0; tries < 500; tries += 1) {
    if ((await app.json(app.call(`${JOBS}/${id}`, {}, key))).status === "queued") return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

test("projects take turns, however many jobs one of them has in the queue", async () => {
  await using app = await createTestApp();
  const other = await app.otherKey();
  const many = [];
  for (let count = 0; count < 4; count += 1) many.push((await createJob(app)).id);
  const theirs = [(await createJobAs(app, other)).id, (await createJobAs(app, other)).id];
  await Promise.all(many.slice(1).map(isQueued(app, "sk-test-project")));
  await Promise.all(theirs.map(isQueued(app, other)));
  const order: (string | undefined)[] = [];
  for (let count = 0; count < 6; count += 1) {
    const run = await app.nextRun();
    order.push(idOf(run));
    playAll(run);
  }
  assert.deepEqual(order, [many[0], theirs[0], many[1], theirs[1], many[2], many[3]]);
});

test("several trainings run at the same time, of one project no more than its limit", async () => {
  const environment = { PERENNIAL_TRAININGS: "3", PERENNIAL_PROJECT_TRAININGS: "2" };
  await using app = await createTestApp({ environment });
  const ours = [await createJob(app), await createJob(app), await createJob(app)];
  const runs = [await app.nextRun(), await app.nextRun()];
  await isQueued(app, "sk-test-project")(ours[2].id);
  const other = await app.otherKey();
  const theirs = await createJobAs(app, other);
  const third = await app.nextRun();
  assert.equal(idOf(third), theirs.id);
  playAll(runs[0] ?? third);
  assert.equal(idOf(await app.nextRun()), ours[2].id);
});

test("one job more than a project may have waiting is refused with 429, which the SDKs do not retry", async () => {
  await using app = await createTestApp({ environment: { PERENNIAL_PROJECT_WAITING_JOBS: "2" } });
  const running = await createJob(app);
  await app.nextRun();
  const waiting = [await createJob(app), await createJob(app)];
  const file = await app.json(app.upload(tenRows));
  const request = { model: "tiny-base", training_file: file.id };
  const refused = await app.post(JOBS, request);
  const { error } = await app.json(refused);
  assert.deepEqual(
    [refused.status, error.type, error.code, error.param],
    [429, "rate_limit_error", "rate_limit_exceeded", null],
  );
  assert.match(
    error.message,
    /^2 jobs of this project wait already.*PERENNIAL_PROJECT_WAITING_JOBS.*cancel one/,
  );
  assert.equal(refused.headers.get("x-should-retry"), "false");
  assert.equal((await app.json(app.call(JOBS))).data.length, 3);
  const other = await app.otherKey();
  assert.equal((await createJobAs(app, other)).status, "validating_files");
  await app.post(`${JOBS}/${waiting[0].id}/cancel`, {});
  assert.equal((await app.post(JOBS, request)).status, 200);
  await app.post(`${JOBS}/${running.id}/cancel`, {});
});

const memory = (totalBytes: number, availableBytes: number) => ({ totalBytes, availableBytes });

test("a job that the machine can never hold fails by name and the next one starts", async () => {
  const parts = {
    readMemory: () => memory(4 * GB, 4 * GB),
    estimateMemory: async ({ suffix }: { suffix: string | null }) => (suffix === "large" ? 5.24 * GB : GB),
  };
  await using app = await createTestApp({ parts });
  const large = await createJob(app, { suffix: "large" });
  const small = await createJob(app);
  assert.equal(idOf(await app.nextRun()), small.id);
  const { status, error } = await app.waitForJob(large.id, hasEnded);
  assert.equal(status, "failed");
  const { code, message, param } = error as { code: string; message: string; param: string };
  assert.deepEqual([code, param], ["insufficient_memory", "model"]);
  assert.match(message, /tiny-base needs about 5\.2 GB of memory and this machine has 4\.0 GB/);
});

test("a job that does not fit beside those at work waits, and the small ones behind it do not overtake", async () => {
  const need: Record<string, number> = { large: 3.5 * GB, small: GB };
  const parts = {
    readMemory: () => memory(4 * GB, 4 * GB),
    estimateMemory: async ({ suffix }: { suffix: string | null }) => need[suffix ?? ""] ?? 2 * GB,
  };
  await using app = await createTestApp({ parts, environment: { PERENNIAL_TRAININGS: "4" } });
  const first = await createJob(app);
  const run = await app.nextRun();
  const large = await createJob(app, { suffix: "large" });
  await isQueued(app, "sk-test-project")(large.id);
  const small = await createJob(app, { suffix: "small" });
  await isQueued(app, "sk-test-project")(small.id);
  playAll(run);
  await app.waitForJob(first.id, hasEnded);
  const second = await app.nextRun();
  assert.equal(idOf(second), large.id);
  assert.ok(
    (await eventsOf(app, large.id)).some((text) =>
      /waits for memory: it needs about 3\.5 GB, and 2\.0 GB/.test(text),
    ),
  );
  playAll(second);
  assert.equal(idOf(await app.nextRun()), small.id);
});

test("a job that waits for memory of other programs lets others go first and starts once it is free", async () => {
  let available = 2 * GB;
  const parts = {
    readMemory: () => memory(8 * GB, available),
    estimateMemory: async ({ suffix }: { suffix: string | null }) => (suffix === "large" ? 5 * GB : GB),
    retryMs: 5,
  };
  await using app = await createTestApp({ parts });
  const large = await createJob(app, { suffix: "large" });
  await isQueued(app, "sk-test-project")(large.id);
  const other = await app.otherKey();
  const small = await createJobAs(app, other);
  const run = await app.nextRun();
  assert.equal(idOf(run), small.id);
  playAll(run);
  available = 7 * GB;
  assert.equal(idOf(await app.nextRun()), large.id);
});

test("with the check switched off a training starts whatever memory there is", async () => {
  const parts = { readMemory: () => memory(1, 1), estimateMemory: async () => 5 * GB };
  await using app = await createTestApp({ parts, environment: { PERENNIAL_MEMORY_CHECK: "off" } });
  const job = await createJob(app);
  assert.equal(idOf(await app.nextRun()), job.id);
});
