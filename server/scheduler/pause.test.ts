import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createTestApp, type PlayedRun, type TestApp } from "../test-app.ts";
import { createJob, eventsOf, hasEnded, resolved, step, writeCheckpoint, writeFinish } from "../test-job.ts";

const change = (app: TestApp, id: string, verb: "pause" | "resume" | "cancel") =>
  app.post(`/v1/fine_tuning/jobs/${id}/${verb}`, {});
const asks = (run: PlayedRun) => existsSync(join(run.folder, "pause"));

async function until(isTrue: () => boolean, what: string) {
  for (let tries = 0; tries < 500; tries += 1) {
    if (isTrue()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`It never came to this: ${what}`);
}

/** A job whose trainer has done two of four steps. */
async function startTwoSteps(app: TestApp) {
  const job = await createJob(app);
  const run = await app.nextRun();
  run.write({ type: "started", pid: 1, resumed_from_step: 0 });
  run.write(resolved);
  for (const number of [1, 2]) run.write(step(number));
  await app.waitForJob(job.id, ({ estimated_finish }) => estimated_finish !== null);
  return { id: job.id as string, run };
}

/** What a trainer does that finds the file `pause`. */
function savePause(run: PlayedRun, number: number) {
  run.write({ type: "paused", step: number });
  run.end();
}

function finishFrom(run: PlayedRun, number: number) {
  run.write({ type: "started", pid: 2, resumed_from_step: number - 1 });
  run.write(resolved);
  for (let at = number; at <= 4; at += 1) run.write(step(at));
  writeCheckpoint(run, 4);
  writeFinish(run);
  run.end();
}

async function assertRefused(response: Response, code: string) {
  const { error } = JSON.parse(await response.text());
  assert.deepEqual([response.status, error.code, error.param], [400, code, "fine_tune_id"], error.message);
  assert.equal(response.headers.get("x-should-retry"), "false");
}

test("a running job finishes its step, gives its place to the next, and goes on from there when resumed", async () => {
  await using app = await createTestApp();
  const { id, run } = await startTwoSteps(app);
  const next = await createJob(app);
  const asked = await app.json(change(app, id, "pause"));
  assert.deepEqual([asked.status, asked.paused_at], ["running", 1_800_000_000]);
  await until(() => asks(run), "the trainer is asked");
  savePause(run, 2);
  const paused = await app.waitForJob(id, ({ status }) => status === "queued");
  assert.deepEqual([paused.paused_at, paused.estimated_finish, paused.error], [1_800_000_000, null, null]);
  const second = await app.nextRun();
  assert.ok(second.folder.endsWith(next.id));
  assert.equal(asks(run), false);
  finishFrom(second, 1);
  await app.waitForJob(next.id, hasEnded);
  const resumed = await app.json(change(app, id, "resume"));
  assert.deepEqual([resumed.status, resumed.paused_at], ["queued", null]);
  const third = await app.nextRun();
  assert.equal(third.folder, run.folder);
  finishFrom(third, 3);
  const job = await app.waitForJob(id, hasEnded);
  assert.deepEqual([job.status, job.trained_tokens, job.paused_at], ["succeeded", 200, null]);
  assert.deepEqual((await eventsOf(app, id)).slice(3, -4), [
    "Fine-tuning job started",
    "Step 1/4: training loss=2.00",
    "Step 2/4: training loss=1.00",
    "Pausing: the training finishes its step and saves it",
    "The job has been paused at step 2",
    "The job has been resumed",
    "Fine-tuning job goes on after step 2",
    "Training goes on from the checkpoint at step 2",
    "Step 3/4: training loss=0.67",
    "Step 4/4: training loss=0.50",
  ]);
});

test("a job in the queue that is paused is passed over until it is resumed", async () => {
  await using app = await createTestApp();
  const [first, second, third] = [await createJob(app), await createJob(app), await createJob(app)];
  const run = await app.nextRun();
  await app.waitForJob(second.id, ({ status }) => status === "queued");
  assert.equal((await app.json(change(app, second.id, "pause"))).status, "queued");
  finishFrom(run, 1);
  await app.waitForJob(first.id, hasEnded);
  const next = await app.nextRun();
  assert.ok(next.folder.endsWith(third.id));
  finishFrom(next, 1);
  await app.waitForJob(third.id, hasEnded);
  await change(app, second.id, "resume");
  assert.ok((await app.nextRun()).folder.endsWith(second.id));
});

test("a job that is paused while its files are read stays paused when they are", async () => {
  await using app = await createTestApp();
  const job = await createJob(app);
  assert.equal((await app.json(change(app, job.id, "pause"))).status, "validating_files");
  const other = await createJob(app);
  assert.ok((await app.nextRun()).folder.endsWith(other.id));
  const now = await app.waitForJob(job.id, ({ status }) => status !== "validating_files");
  assert.deepEqual([now.status, now.paused_at], ["queued", 1_800_000_000]);
  assert.ok((await eventsOf(app, job.id)).includes("The job has been paused before its training"));
});

test("a pause that is taken back before the trainer noticed leaves it at work", async () => {
  await using app = await createTestApp();
  const { id, run } = await startTwoSteps(app);
  await change(app, id, "pause");
  await until(() => asks(run), "the trainer is asked");
  const resumed = await app.json(change(app, id, "resume"));
  assert.deepEqual([resumed.status, resumed.paused_at], ["running", null]);
  await until(() => !asks(run), "the trainer is asked no more");
  finishFrom(run, 3);
  assert.equal((await app.waitForJob(id, hasEnded)).status, "succeeded");
});

test("a pause that is taken back when the trainer had already saved lets it go on at once", async () => {
  await using app = await createTestApp();
  const { id, run } = await startTwoSteps(app);
  await change(app, id, "pause");
  await until(() => asks(run), "the trainer is asked");
  await change(app, id, "resume");
  savePause(run, 2);
  finishFrom(await app.nextRun(), 3);
  assert.equal((await app.waitForJob(id, hasEnded)).status, "succeeded");
  assert.ok(
    (await eventsOf(app, id)).includes(
      "Training stopped at step 2 for a pause that was taken back; it goes on from there",
    ),
  );
});

test("a trainer that dies while pausing leaves a paused job, and is not started only to pause", async () => {
  await using app = await createTestApp();
  const { id, run } = await startTwoSteps(app);
  await change(app, id, "pause");
  run.end();
  const paused = await app.waitForJob(id, ({ status }) => status === "queued");
  assert.equal(paused.paused_at, 1_800_000_000);
  assert.match((await eventsOf(app, id)).at(-1) ?? "", /ended before it had saved its step.*last checkpoint/);
  await change(app, id, "resume");
  finishFrom(await app.nextRun(), 1);
  assert.equal((await app.waitForJob(id, hasEnded)).status, "succeeded");
});

test("a job that is done before it could pause has succeeded", async () => {
  await using app = await createTestApp();
  const { id, run } = await startTwoSteps(app);
  await change(app, id, "pause");
  finishFrom(run, 3);
  const job = await app.waitForJob(id, hasEnded);
  assert.deepEqual([job.status, job.paused_at], ["succeeded", null]);
});

test("a paused job is cancelled, and what only a resumed run needs is gone", async () => {
  await using app = await createTestApp();
  const { id, run } = await startTwoSteps(app);
  writeCheckpoint(run, 2);
  await change(app, id, "pause");
  savePause(run, 2);
  await app.waitForJob(id, ({ status }) => status === "queued");
  assert.equal(existsSync(join(run.folder, "checkpoints")), true);
  const cancelled = await app.json(change(app, id, "cancel"));
  assert.deepEqual([cancelled.status, cancelled.paused_at], ["cancelled", null]);
  await until(() => !existsSync(join(run.folder, "checkpoints")), "the checkpoints are gone");
  await assertRefused(await change(app, id, "resume"), "job_already_ended");
  await assertRefused(await change(app, id, "pause"), "job_already_ended");
});

test("pausing twice and resuming what is not paused are refused without a retry", async () => {
  await using app = await createTestApp();
  const { id } = await startTwoSteps(app);
  await assertRefused(await change(app, id, "resume"), "job_not_paused");
  await change(app, id, "pause");
  await assertRefused(await change(app, id, "pause"), "job_already_paused");
  await change(app, id, "resume");
  await assertRefused(await change(app, id, "resume"), "job_not_paused");
});

test("to another project a job that it pauses or resumes is not there", async () => {
  await using app = await createTestApp();
  const { id } = await startTwoSteps(app);
  const other = await app.otherKey();
  for (const verb of ["pause", "resume"]) {
    const response = await app.post(`/v1/fine_tuning/jobs/${id}/${verb}`, {}, other);
    assert.equal(response.status, 404);
  }
  assert.equal((await app.json(app.call(`/v1/fine_tuning/jobs/${id}`))).paused_at, null);
});

test("an operator may have paused jobs say so, as in OpenAI's example", async () => {
  await using app = await createTestApp({ environment: { PERENNIAL_PAUSED_STATUS: "paused" } });
  const { id, run } = await startTwoSteps(app);
  assert.equal((await app.json(change(app, id, "pause"))).status, "running");
  savePause(run, 2);
  await app.waitForJob(id, ({ status }) => status === "paused");
  assert.equal((await app.json(app.call("/v1/fine_tuning/jobs"))).data[0].status, "paused");
  assert.equal((await app.json(change(app, id, "resume"))).status, "queued");
});
