import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { createTestApp, type PlayedRun, type TestApp } from "../test-app.ts";
import { createJob, hasEnded, resolved, step, writeCheckpoint, writeFinish } from "../test-job.ts";

function playEpochs(run: PlayedRun, epochs: readonly number[]): void {
  run.write({ type: "started", pid: 1, resumed_from_step: 0 });
  run.write({ ...resolved, total_steps: 5 });
  for (const number of epochs) {
    run.write(step(number, { total_steps: 5 }));
    writeCheckpoint(run, number);
  }
}

async function stepsOf(app: TestApp, id: string): Promise<number[]> {
  const { data } = await app.json(app.call(`/v1/fine_tuning/jobs/${id}/checkpoints`));
  return data.map((one: { step_number: number }) => one.step_number);
}

test("only the checkpoints of the last three epochs are kept, and the dropped ones stop answering", async () => {
  await using app = await createTestApp();
  const created = await createJob(app);
  const run = await app.nextRun();
  playEpochs(run, [1, 2, 3, 4, 5]);
  writeFinish(run);
  run.end();
  await app.waitForJob(created.id, hasEnded);
  assert.deepEqual(await stepsOf(app, created.id), [5, 4, 3]);
  const models = (await app.json(app.call("/v1/models"))).data;
  assert.equal(models.length, 1 + 3);
  assert.equal(readdirSync(join(app.folder, "adapters")).length, 3);
});

test("a job that is cancelled keeps the checkpoints of its last three epochs", {
  timeout: 20_000,
}, async () => {
  await using app = await createTestApp();
  const created = await createJob(app);
  playEpochs(await app.nextRun(), [1, 2, 3, 4]);
  while (!isDeepStrictEqual(await stepsOf(app, created.id), [4, 3, 2])) await wait(10);
  await app.post(`/v1/fine_tuning/jobs/${created.id}/cancel`, {});
  await app.waitForJob(created.id, hasEnded);
  assert.deepEqual(await stepsOf(app, created.id), [4, 3, 2]);
});
