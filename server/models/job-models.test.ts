import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createTestApp, type TestApp } from "../test-app.ts";
import { createJob, hasEnded, playAll, resolved, step, writeCheckpoint, writeFinish } from "../test-job.ts";

const namesOf = async (app: TestApp): Promise<string[]> =>
  (await app.json(app.call("/v1/models"))).data.map(({ id }: { id: string }) => id);

const checkpointsOf = async (app: TestApp, job: string): Promise<string[]> =>
  (await app.json(app.call(`/v1/fine_tuning/jobs/${job}/checkpoints`))).data.map(
    (one: { fine_tuned_model_checkpoint: string }) => one.fine_tuned_model_checkpoint,
  );

const chat = async (app: TestApp, model: string) =>
  (await app.post("/v1/chat/completions", { model, messages: [{ role: "user", content: "hi" }] })).status;

/** Asks until the job has so many checkpoints; the journal has no other end to wait for. */
async function untilCheckpoints(app: TestApp, job: string, count: number): Promise<string[]> {
  for (let tries = 0; tries < 500; tries += 1) {
    const found = await checkpointsOf(app, job);
    if (found.length >= count) return found;
    await new Promise((next) => setTimeout(next, 5));
  }
  throw new Error(`Job ${job} never had ${count} checkpoints.`);
}

test("a running job's checkpoint is a model at once: listed, shown, called, continued from, deleted", async () => {
  await using app = await createTestApp({ environment: { PERENNIAL_TRAININGS: "2" } });
  const job = await createJob(app);
  const run = await app.nextRun();
  for (const event of [{ type: "started", pid: 1, resumed_from_step: 0 }, resolved, step(1), step(2)])
    run.write(event);
  writeCheckpoint(run, 2);
  const [name = ""] = await untilCheckpoints(app, job.id, 1);
  assert.equal((await app.json(app.call(`/v1/fine_tuning/jobs/${job.id}`))).status, "running");
  assert.deepEqual(await namesOf(app), ["tiny-base", name]);
  assert.equal((await app.json(app.call(`/v1/models/${name}`))).id, name);
  assert.equal(await chat(app, name), 200);
  const further = await app.post("/v1/fine_tuning/jobs", { model: name, training_file: job.training_file });
  assert.equal(further.status, 200);
  assert.equal((await app.call(`/v1/models/${name}`, { method: "DELETE" })).status, 200);
  assert.deepEqual(await namesOf(app), ["tiny-base"]);
  assert.deepEqual([(await app.call(`/v1/models/${name}`)).status, await chat(app, name)], [404, 404]);

  for (const event of [step(3), step(4)]) run.write(event);
  writeCheckpoint(run, 4);
  writeFinish(run);
  run.end();
  const { fine_tuned_model } = await app.waitForJob(job.id, hasEnded);
  assert.deepEqual(await namesOf(app), ["tiny-base", fine_tuned_model]);
});

test("a cancelled job's checkpoints stay models", async () => {
  await using app = await createTestApp();
  const job = await createJob(app);
  const run = await app.nextRun();
  for (const event of [{ type: "started", pid: 1, resumed_from_step: 0 }, resolved, step(1), step(2)])
    run.write(event);
  writeCheckpoint(run, 2);
  const [name = ""] = await untilCheckpoints(app, job.id, 1);
  await app.post(`/v1/fine_tuning/jobs/${job.id}/cancel`, {});
  assert.deepEqual(await namesOf(app), ["tiny-base", name]);
  assert.equal(await chat(app, name), 200);
});

test("a tuned model whose base is gone is shown and can be deleted, and calling it says what is missing", async () => {
  const folder = mkdtempSync(join(tmpdir(), "perennial-models-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  let name: string;
  {
    await using app = await createTestApp({ folder });
    const job = await createJob(app);
    playAll(await app.nextRun());
    name = String((await app.waitForJob(job.id, hasEnded)).fine_tuned_model);
  }
  await using app = await createTestApp({ folder, lacksBase: true });
  assert.equal((await namesOf(app)).includes(name), true);
  assert.equal((await app.json(app.call(`/v1/models/${name}`))).id, name);
  const refused = await app.post("/v1/chat/completions", {
    model: name,
    messages: [{ role: "user", content: "hi" }],
  });
  assert.equal(refused.status, 404);
  assert.match((await app.json(refused)).error.message, /its base model tiny-base is not on this server/);
  assert.equal((await app.call(`/v1/models/${name}`, { method: "DELETE" })).status, 200);
  assert.equal((await app.call(`/v1/models/${name}`)).status, 404);
});
