import assert from "node:assert/strict";
import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createTestApp, type PlayedRun, type TestApp, tenRows } from "../test-app.ts";
import {
  createJob,
  eventsOf,
  hasEnded,
  playAll,
  resolved,
  step,
  writeCheckpoint,
  writeFinish,
} from "../test-job.ts";

type JobError = { code: string; message: string };
const errorOf = (job: Record<string, unknown>) => job.error as JobError;

/** The job failed, and the next one gets its place. */
async function assertFailsAndFrees(app: TestApp, id: string, next: string): Promise<JobError> {
  const job = await app.waitForJob(id, hasEnded);
  assert.equal(job.status, "failed");
  playAll(await app.nextRun());
  assert.equal((await app.waitForJob(next, hasEnded)).status, "succeeded");
  return errorOf(job);
}

async function forEachTry(app: TestApp, play: (run: PlayedRun) => void | Promise<void>) {
  for (let tries = 0; tries < 4; tries += 1) await play(await app.nextRun());
}

test("a trainer that says nothing any more is killed, and counts as one that died", async () => {
  await using app = await createTestApp({ parts: { silenceMs: 40 } });
  const [job, next] = [await createJob(app), await createJob(app)];
  await forEachTry(app, async (run) => {
    run.write({ type: "started", pid: 1, resumed_from_step: 0 });
    await run.process.ended;
    assert.equal(run.killed, true);
  });
  const ended = await app.waitForJob(job.id, hasEnded);
  assert.match(errorOf(ended).message, /it said nothing for 0\.04 s and was killed/);
  const run = await app.nextRun();
  assert.ok(run.folder.endsWith(next.id));
});

test("a heartbeat keeps a slow trainer alive", async () => {
  await using app = await createTestApp({ parts: { silenceMs: 150 } });
  const job = await createJob(app);
  const run = await app.nextRun();
  for (let beats = 0; beats < 10; beats += 1) {
    run.write({ type: "heartbeat", stage: "loading" });
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  assert.equal(run.killed, false);
  playAll(run);
  assert.equal((await app.waitForJob(job.id, hasEnded)).status, "succeeded");
});

test("rubbish is no sign of life", async () => {
  await using app = await createTestApp({ parts: { silenceMs: 60 } });
  await createJob(app);
  const run = await app.nextRun();
  const chatter = setInterval(() => run.writeRaw("Loading checkpoint shards: 10%\n"), 5);
  await run.process.ended;
  clearInterval(chatter);
  assert.equal(run.killed, true);
});

test("a trainer that has finished and does not go is made to, and its place is free", async () => {
  await using app = await createTestApp({ parts: { silenceMs: 40 } });
  const [job, next] = [await createJob(app), await createJob(app)];
  const run = await app.nextRun();
  run.write(resolved);
  run.write(step(4));
  writeFinish(run);
  assert.equal((await app.waitForJob(job.id, hasEnded)).status, "succeeded");
  await run.process.ended;
  assert.equal(run.killed, true);
  assert.ok((await app.nextRun()).folder.endsWith(next.id));
});

test("a check by the engine that takes longer than the silence allowed is no hang", async () => {
  const serving = {
    checkFidelity: async () => {
      await new Promise((resolve) => setTimeout(resolve, 120));
      return { passes: true, summary: "ok", figures: {} };
    },
  };
  await using app = await createTestApp({ serving, parts: { silenceMs: 40 } });
  const job = await createJob(app);
  playAll(await app.nextRun());
  assert.equal((await app.waitForJob(job.id, hasEnded)).status, "succeeded");
});

test("a trainer that ends well without having finished is started again, and fails the job after four times", async () => {
  await using app = await createTestApp();
  const [job, next] = [await createJob(app), await createJob(app)];
  await forEachTry(app, (run) => run.end());
  const error = await assertFailsAndFrees(app, job.id, next.id);
  assert.match(error.message, /stopped unexpectedly/);
});

test("a full disk of the trainer is named", async () => {
  await using app = await createTestApp();
  const [job, next] = [await createJob(app), await createJob(app)];
  await forEachTry(app, (run) => {
    writeFileSync(join(run.folder, "trainer.log"), "OSError: [Errno 28] No space left on device\n");
    run.end();
  });
  assert.equal((await assertFailsAndFrees(app, job.id, next.id)).code, "disk_full");
});

test("a checkpoint that is not there fails the job in the end, stops its trainer and frees the queue", async () => {
  await using app = await createTestApp({ parts: { retryMs: 1 } });
  const [job, next] = [await createJob(app), await createJob(app)];
  const run = await app.nextRun();
  run.write(resolved);
  run.write(step(1));
  run.write({ ...step(1), type: "checkpoint", epoch: 1, path: "checkpoints/step-1" });
  const error = await assertFailsAndFrees(app, job.id, next.id);
  assert.match(error.message, /ENOENT.*checkpoints\/step-1/);
  assert.equal(run.stopped, true);
});

test("a probe that cannot be read fails the job in the end and frees the queue", async () => {
  await using app = await createTestApp({ parts: { retryMs: 1 } });
  const [job, next] = [await createJob(app), await createJob(app)];
  const run = await app.nextRun();
  run.write(resolved);
  run.write(step(4));
  writeFinish(run);
  writeFileSync(join(run.folder, "fidelity.json"), "{");
  run.end();
  assert.equal((await assertFailsAndFrees(app, job.id, next.id)).code, "server_error");
});

test("data that cannot be read fails the job in the end, and others are validated meanwhile", async () => {
  await using app = await createTestApp({ parts: { retryMs: 1 } });
  const file = await app.json(app.upload(tenRows));
  const bytes = join(app.folder, "files", file.id);
  rmSync(bytes);
  // The job's copy becomes a name of a folder: opened without an error, read with one.
  symlinkSync(app.folder, bytes);
  const job = await app.json(
    app.post("/v1/fine_tuning/jobs", { model: "tiny-base", training_file: file.id }),
  );
  const next = await createJob(app);
  const error = await assertFailsAndFrees(app, job.id, next.id);
  assert.match(error.message, /internal error: EISDIR/);
});

test("a warning of the trainer is an event of the job", async () => {
  await using app = await createTestApp();
  const job = await createJob(app);
  const run = await app.nextRun();
  run.write({ type: "warning", code: "smaller_micro_batch", message: "Memory was short: 2 rows at a time." });
  playAll(run);
  await app.waitForJob(job.id, hasEnded);
  const { data } = await app.json(app.call(`/v1/fine_tuning/jobs/${job.id}/events?limit=100`));
  const found = data.filter(({ level }: { level: string }) => level === "warn");
  assert.deepEqual(
    found.map(({ message, data: facts }: { message: string; data: unknown }) => [message, facts]),
    [["Memory was short: 2 rows at a time.", { code: "smaller_micro_batch" }]],
  );
});

test("a checkpoint event is told once, whatever comes after it", async () => {
  await using app = await createTestApp();
  const job = await createJob(app);
  const run = await app.nextRun();
  run.write(resolved);
  run.write(step(1));
  writeCheckpoint(run, 1);
  run.writeRaw(`${"x".repeat(3_000_000)}\n`);
  run.writeRaw("y".repeat(2_000_000));
  run.end();
  const second = await app.nextRun();
  second.writeRaw("\n");
  playAll(second);
  assert.equal((await app.waitForJob(job.id, hasEnded)).status, "succeeded");
  const created = (await eventsOf(app, job.id)).filter((text) =>
    text.startsWith("Checkpoint created at step 1 "),
  );
  assert.equal(created.length, 1);
});

test("a server that stops does not wait for a trainer that has finished and does not go", {
  timeout: 20_000,
}, async () => {
  const app = await createTestApp();
  const job = await createJob(app);
  const run = await app.nextRun();
  run.write(resolved);
  run.write(step(4));
  writeFinish(run);
  await app.waitForJob(job.id, hasEnded);
  await app[Symbol.asyncDispose]();
  assert.equal(run.killed, false);
});
