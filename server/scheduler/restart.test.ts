import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createTestApp } from "../test-app.ts";
import { createJob, eventsOf, hasEnded, resolved, step, writeCheckpoint, writeFinish } from "../test-job.ts";

test("a restarted server finds the trainer again and tells every event once", async () => {
  const folder = mkdtempSync(join(tmpdir(), "perennial-restart-"));
  const before = await createTestApp({ folder });
  const created = await createJob(before);
  const run = await before.nextRun();
  run.write({ type: "started", pid: 1, resumed_from_step: 0 });
  run.write(resolved);
  run.write(step(1));
  await before.waitForJob(created.id, (job) => job.estimated_finish !== null);
  await before[Symbol.asyncDispose]();
  run.write(step(2));
  writeCheckpoint(run, 2);
  const trainer = { start: () => assert.fail("started twice"), findRunning: async () => run.process };
  {
    await using after = await createTestApp({ folder, trainer });
    for (const number of [3, 4]) run.write(step(number));
    writeCheckpoint(run, 4);
    writeFinish(run);
    run.end();
    const job = await after.waitForJob(created.id, hasEnded);
    assert.equal(job.status, "succeeded");
    const steps = (await eventsOf(after, created.id)).filter((text) => text.startsWith("Step "));
    assert.equal(steps.length, 4);
  }
  rmSync(folder, { recursive: true });
});

test("what a crash left without a row is swept at the start", async () => {
  const folder = mkdtempSync(join(tmpdir(), "perennial-sweep-"));
  for (const path of ["jobs/ftjob-orphan", "adapters/adapter-orphan", "files"]) {
    mkdirSync(join(folder, path), { recursive: true });
  }
  writeFileSync(join(folder, "files", "file-orphan"), "x");
  {
    await using _app = await createTestApp({ folder });
    assert.deepEqual(readdirSync(join(folder, "jobs")), []);
    assert.deepEqual(readdirSync(join(folder, "adapters")), []);
    assert.equal(existsSync(join(folder, "files", "file-orphan")), false);
  }
  rmSync(folder, { recursive: true });
});

test("a job whose base is gone after a restart fails with a clear error and frees the queue", async () => {
  const folder = mkdtempSync(join(tmpdir(), "perennial-base-"));
  const before = await createTestApp({ folder });
  const created = await createJob(before);
  const run = await before.nextRun();
  await before[Symbol.asyncDispose]();
  run.end();
  {
    await using after = await createTestApp({ folder, lacksBase: true });
    const job = await after.waitForJob(created.id, hasEnded);
    assert.equal(job.status, "failed");
    assert.match((job.error as { message: string }).message, /tiny-base is not on this server any more/);
  }
  rmSync(folder, { recursive: true });
});
