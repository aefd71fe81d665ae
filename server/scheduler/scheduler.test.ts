import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { test } from "node:test";
import type { Serving } from "../assemble.ts";
import { chatRow, createTestApp } from "../test-app.ts";
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
import { createTrainer } from "../training/trainer-process.ts";

test("a job goes from its files to a model that can be called, with OpenAI's events in order", async () => {
  await using app = await createTestApp();
  const created = await createJob(app, { suffix: "shop", seed: 7, hyperparameters: { lora_r: 16 } });
  assert.equal(created.status, "validating_files");
  playAll(await app.nextRun());
  const job = await app.waitForJob(created.id, hasEnded);
  assert.equal(job.status, "succeeded");
  assert.match(String(job.fine_tuned_model), /^ft:tiny-base:personal:shop:[A-Za-z0-9]{8}$/);
  assert.equal(job.trained_tokens, 200);
  const { warmup_ratio: _, ...asked } = resolved.hyperparameters;
  assert.deepEqual(job.hyperparameters, asked);
  assert.deepEqual(job.resolved_hyperparameters, resolved.hyperparameters);
  const messages = await eventsOf(app, created.id);
  assert.deepEqual(messages.slice(0, 6), [
    `Created fine-tuning job: ${created.id}`,
    `Validating training file: ${created.training_file}`,
    "Files validated, moving job to queued state",
    "Fine-tuning job started",
    "Step 1/4: training loss=2.00",
    "Step 2/4: training loss=1.00",
  ]);
  assert.match(
    String(messages[6]),
    /^Checkpoint created at step 2 with Snapshot ID: ft:tiny-base:personal:shop:\w{8}:ckpt-step-2$/,
  );
  assert.deepEqual(messages.slice(-2), [
    `New fine-tuned model created: ${job.fine_tuned_model}`,
    "The job has successfully completed",
  ]);
  const models = (await app.json(app.call("/v1/models"))).data.map((model: { id: string }) => model.id);
  assert.ok(models.includes(job.fine_tuned_model));
  const { data: checkpoints } = await app.json(app.call(`/v1/fine_tuning/jobs/${created.id}/checkpoints`));
  assert.deepEqual(
    checkpoints.map((one: { step_number: number }) => one.step_number),
    [4, 2],
  );
  assert.equal(checkpoints[0].fine_tuned_model_checkpoint, job.fine_tuned_model);
  const [resultFile] = job.result_files as string[];
  const csv = await (await app.call(`/v1/files/${resultFile}/content`)).text();
  assert.equal(csv.split("\n")[1], "1,2,0.5,,,,");
});

test("rows that the context cuts are told, and those that teach nothing for it", async () => {
  await using app = await createTestApp();
  const created = await createJob(app);
  const run = await app.nextRun();
  const cut = { truncated_examples: 3, truncated_tokens: 70, untaught_examples: 2 };
  run.write({ ...resolved, ...cut });
  await app.waitForJob(created.id, ({ resolved_hyperparameters: numbers }) => numbers !== null);
  assert.equal(
    (await eventsOf(app, created.id)).at(-1),
    "3 example(s) are longer than the model's context and were cut at their end: 70 tokens are left out; 2 of them keep nothing of their answers, and teach nothing",
  );
});

test("a file with bad rows fails the job and names every line", async () => {
  await using app = await createTestApp();
  const rows = [
    ...Array(10).fill(chatRow("q", "a")),
    '{"messages": [{"content": "x"}]}',
    '{"prompt": "x", "completion": "y"}',
  ];
  const file = await app.json(app.upload(rows.join("\n")));
  const created = await app.json(
    app.post("/v1/fine_tuning/jobs", { model: "tiny-base", training_file: file.id }),
  );
  const job = await app.waitForJob(created.id, hasEnded);
  assert.equal(job.status, "failed");
  const error = job.error as { code: string; message: string; param: string };
  assert.equal(error.code, "invalid_training_file");
  assert.equal(error.param, "training_file");
  assert.match(
    error.message,
    /Example 11, message 1 Discriminator 'role' is missing in value \(line 11\).*mixed_formats ×1 \(line 12\)/,
  );
});

test("fewer than ten rows fail the job in OpenAI's words", async () => {
  await using app = await createTestApp();
  const file = await app.json(app.upload(Array(7).fill(chatRow("q", "a")).join("\n")));
  const created = await app.json(
    app.post("/v1/fine_tuning/jobs", { model: "tiny-base", training_file: file.id }),
  );
  const job = await app.waitForJob(created.id, hasEnded);
  assert.deepEqual(job.error, {
    code: "invalid_n_examples",
    message: "Training file has 7 example(s), but must have at least 10 examples",
    param: "training_file",
  });
});

test("a trainer that dies goes on from its checkpoint, and a step done twice is told once", async () => {
  await using app = await createTestApp();
  const created = await createJob(app);
  const first = await app.nextRun();
  first.write({ type: "started", pid: 1, resumed_from_step: 0 });
  first.write(resolved);
  for (const number of [1, 2, 3]) first.write(step(number));
  writeCheckpoint(first, 2);
  first.writeRaw('{"type":"step","step":4,"tr');
  first.end();
  const second = await app.nextRun();
  second.writeRaw("\n");
  second.write({ type: "started", pid: 2, resumed_from_step: 2 });
  second.write(resolved);
  for (const number of [3, 4]) second.write(step(number));
  writeCheckpoint(second, 4);
  writeFinish(second);
  second.end();
  const job = await app.waitForJob(created.id, hasEnded);
  assert.equal(job.status, "succeeded");
  const steps = (await eventsOf(app, created.id)).filter((text) => text.startsWith("Step "));
  assert.deepEqual(
    steps.map((text) => text.slice(0, 8)),
    ["Step 1/4", "Step 2/4", "Step 3/4", "Step 4/4"],
  );
});

test("a trainer that dies four times fails the job and frees the queue", async () => {
  await using app = await createTestApp();
  const created = await createJob(app);
  const next = await createJob(app);
  for (let tries = 0; tries < 4; tries += 1) (await app.nextRun()).end();
  const job = await app.waitForJob(created.id, hasEnded);
  assert.equal(job.status, "failed");
  assert.match((job.error as { message: string }).message, /stopped unexpectedly/);
  playAll(await app.nextRun());
  assert.equal((await app.waitForJob(next.id, hasEnded)).status, "succeeded");
});

test("a trainer's own error is the job's error and is not tried again", async () => {
  await using app = await createTestApp();
  const created = await createJob(app);
  const run = await app.nextRun();
  run.write({ type: "error", code: "training_diverged", message: "The loss is not a number.", param: null });
  run.end();
  const job = await app.waitForJob(created.id, hasEnded);
  assert.deepEqual(job.error, {
    code: "training_diverged",
    message: "The loss is not a number.",
    param: null,
  });
});

test("an adapter that the engine reads differently never becomes a model", async () => {
  const removed: string[] = [];
  const serving = {
    checkFidelity: async () => ({ passes: false, summary: "Mean difference 2.1 nats.", figures: {} }),
    removeAdapter: async (_base: string, adapter: string) => void removed.push(adapter),
  };
  await using app = await createTestApp({ serving });
  const created = await createJob(app);
  playAll(await app.nextRun());
  const job = await app.waitForJob(created.id, hasEnded);
  assert.equal(job.status, "failed");
  assert.equal((job.error as { code: string }).code, "fidelity_check_failed");
  assert.equal(job.fine_tuned_model, null);
  assert.equal(removed.length, 1);
});

test("cancelling stops the trainer, and a second cancel is refused without a retry", async () => {
  await using app = await createTestApp();
  const created = await createJob(app);
  const run = await app.nextRun();
  const cancelled = await app.json(app.post(`/v1/fine_tuning/jobs/${created.id}/cancel`, {}));
  assert.equal(cancelled.status, "cancelled");
  await run.process.ended;
  assert.equal(run.stopped, true);
  const again = await app.post(`/v1/fine_tuning/jobs/${created.id}/cancel`, {});
  assert.equal(again.status, 400);
  assert.equal(again.headers.get("x-should-retry"), "false");
});

test("one training at a time, oldest first; a cancelled job in the queue never starts", async () => {
  await using app = await createTestApp();
  const jobs = [await createJob(app), await createJob(app), await createJob(app)];
  const run = await app.nextRun();
  assert.ok(run.folder.endsWith(jobs[0].id));
  await app.waitForJob(jobs[1].id, (job) => job.status === "queued");
  await app.post(`/v1/fine_tuning/jobs/${jobs[1].id}/cancel`, {});
  playAll(run);
  const second = await app.nextRun();
  assert.ok(second.folder.endsWith(jobs[2].id));
  playAll(second);
  await app.waitForJob(jobs[2].id, hasEnded);
});

test("a job is cancelled in the middle of its fidelity check, and the next one starts", async () => {
  const checking = Promise.withResolvers<void>();
  const removed: string[] = [];
  const checkFidelity: Serving["checkFidelity"] = (_base, _adapter, _probe, signal) => {
    checking.resolve();
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  };
  const removeAdapter = async (_base: string, adapter: string) => void removed.push(adapter);
  await using app = await createTestApp({ serving: { checkFidelity, removeAdapter } });
  const first = await createJob(app);
  const second = await createJob(app);
  playAll(await app.nextRun());
  await checking.promise;
  await app.post(`/v1/fine_tuning/jobs/${first.id}/cancel`, {});
  await app.nextRun();
  assert.equal((await app.json(app.call(`/v1/fine_tuning/jobs/${first.id}`))).status, "cancelled");
  assert.equal((await app.waitForJob(second.id, (job) => job.status === "running")).status, "running");
  assert.equal(removed.length, 1);
});

test("a trainer that cannot be started fails the job with the reason", async () => {
  const trainer = createTrainer({ python: "/nowhere/python", trainerFolder: tmpdir() });
  await using app = await createTestApp({ trainer });
  const created = await createJob(app);
  const job = await app.waitForJob(created.id, hasEnded);
  assert.match(
    (job.error as { message: string }).message,
    /could not be started: spawn \/nowhere\/python ENOENT/,
  );
});
