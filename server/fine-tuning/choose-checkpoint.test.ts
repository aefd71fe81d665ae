import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { JobCheckpoint } from "../../contract/fine-tuning.ts";
import { createTestApp, type TestApp } from "../test-app.ts";
import { createJob, eventsOf, hasEnded, playAll, resolved, step, writeCheckpoint } from "../test-job.ts";

const URL = "/v1/perennial/fine_tuning/jobs";

async function checkpointsOf(app: TestApp, job: string): Promise<JobCheckpoint[]> {
  return (await app.json(app.call(`/v1/fine_tuning/jobs/${job}/checkpoints`))).data;
}

/** An app that notes which adapter each chat asks for, and a finished job with the checkpoints of steps 4 and 2. */
async function setUp() {
  const asked: (string | null)[] = [];
  const removed: string[] = [];
  const app = await createTestApp({
    serving: {
      chat: async (target, body) => {
        asked.push(target.adapter);
        return echo(body);
      },
      removeAdapter: async (_base, adapter) => void removed.push(adapter),
    },
  });
  const { id } = await createJob(app, { suffix: "shop" });
  playAll(await app.nextRun());
  const model = String((await app.waitForJob(id, hasEnded)).fine_tuned_model);
  const [last, first] = await checkpointsOf(app, id);
  assert.ok(last && first);

  async function adapterOf(name: string) {
    const messages = [{ role: "user", content: "hi" }];
    assert.equal((await app.post("/v1/chat/completions", { model: name, messages })).status, 200);
    return asked.at(-1);
  }
  const choose = (checkpoint: unknown, job = id, key?: string) =>
    app.post(`${URL}/${job}/model`, { checkpoint }, key);
  const folders = () => readdirSync(join(app.folder, "adapters"));
  const remove = (name: string) => app.call(`/v1/models/${name}`, { method: "DELETE" });
  return { app, id, model, last, first, adapterOf, choose, folders, remove, removed };
}

const echo = async (_body: unknown) => ({
  status: 200,
  body: (async function* () {
    yield Buffer.from(
      JSON.stringify({
        choices: [{ finish_reason: "stop", message: { role: "assistant", content: "hello" } }],
        usage: { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 },
      }),
    );
  })(),
});

const refusalOf = async (app: TestApp, response: Response | Promise<Response>) => {
  const answered = await response;
  const { error } = await app.json(answered);
  return [answered.status, error.code, error.param];
};

test("the model answers from the chosen checkpoint, the last one keeps a name of its own, and all is reversible", async () => {
  const { app, id, model, last, first, adapterOf, choose, removed } = await setUp();
  await using _app = app;
  assert.deepEqual([last.is_model, first.is_model], [true, false]);
  assert.equal(last.fine_tuned_model_checkpoint, model);
  const ended = await adapterOf(model);
  const earlier = await adapterOf(first.fine_tuned_model_checkpoint);

  const chosen: JobCheckpoint = await app.json(choose(first.id));
  assert.deepEqual([chosen.id, chosen.is_model, chosen.step_number], [first.id, true, 2]);
  assert.equal(await adapterOf(model), earlier);
  const [renamed, still] = await checkpointsOf(app, id);
  assert.match(renamed?.fine_tuned_model_checkpoint ?? "", /^ft:tiny-base:personal:shop:\w{8}:ckpt-step-4$/);
  assert.deepEqual([renamed?.is_model, still?.is_model], [false, true]);
  assert.equal(await adapterOf(renamed?.fine_tuned_model_checkpoint ?? ""), ended);
  assert.equal(await adapterOf(first.fine_tuned_model_checkpoint), earlier);
  assert.equal(
    (await eventsOf(app, id)).at(-1),
    `The model ${model} now answers from the checkpoint of step 2`,
  );
  assert.equal((await app.json(app.call(`/v1/fine_tuning/jobs/${id}`))).fine_tuned_model, model);

  const back: JobCheckpoint = await app.json(choose(last.id));
  assert.deepEqual([back.is_model, await adapterOf(model)], [true, ended]);
  assert.match((await eventsOf(app, id)).at(-1) ?? "", /from the checkpoint of step 4$/);
  assert.deepEqual(removed, []);
});

test("choosing what the model is already changes nothing and tells nothing", async () => {
  const { app, id, last, first, choose } = await setUp();
  await using _app = app;
  const before = await eventsOf(app, id);
  assert.equal((await app.json(choose(last.id))).is_model, true);
  assert.deepEqual(await eventsOf(app, id), before);
  await Promise.all([choose(first.id), choose(first.id), choose(first.id)]);
  assert.equal((await eventsOf(app, id)).length, before.length + 1);
  assert.equal((await checkpointsOf(app, id)).length, 2);
});

test("weights stay while a model answers with them, whichever of their names is deleted, and go with the last", async () => {
  const { app, model, first, adapterOf, choose, folders, remove, removed, last } = await setUp();
  await using _app = app;
  const earlier = String(await adapterOf(first.fine_tuned_model_checkpoint));
  await choose(first.id);
  await remove(first.fine_tuned_model_checkpoint);
  assert.equal(await adapterOf(model), earlier);
  assert.deepEqual([removed, folders().includes(earlier)], [[], true]);
  // Nothing but the model has them: with its next choice they go.
  assert.equal((await choose(last.id)).status, 200);
  assert.deepEqual([removed, folders().includes(earlier)], [[earlier], false]);
  assert.equal(folders().length, 1);
  assert.equal(existsSync(join(app.folder, "adapters", String(await adapterOf(model)))), true);
});

test("a deleted model's checkpoints stay callable, the last one among them where it has its own name", async () => {
  const { app, id, model, first, last, adapterOf, choose, remove } = await setUp();
  await using _app = app;
  const ended = await adapterOf(model);
  await choose(first.id);
  await remove(model);
  const [renamed] = await checkpointsOf(app, id);
  assert.equal(await adapterOf(renamed?.fine_tuned_model_checkpoint ?? ""), ended);
  assert.deepEqual(await refusalOf(app, choose(last.id)), [400, "model_not_available", "fine_tune_id"]);
});

test("a job that goes on from the model has the weights of the time it was created", async () => {
  const { app, model, first, last, adapterOf, choose, folders, remove } = await setUp();
  await using _app = app;
  const earlier = await adapterOf(first.fine_tuned_model_checkpoint);
  await choose(first.id);
  await createJob(app, { model });
  const run = await app.nextRun();
  const spec = readFileSync(join(run.folder, "spec.json"), "utf8");
  assert.ok(spec.includes(String(earlier)), spec);
  await choose(last.id);
  await remove(first.fine_tuned_model_checkpoint);
  assert.ok(folders().includes(String(earlier)));
  run.end();
});

test("what cannot be the model is refused with its reason", async () => {
  const { app, id, first, choose, remove } = await setUp();
  await using _app = app;
  const other = await createJob(app);
  const run = await app.nextRun();
  assert.deepEqual(await refusalOf(app, choose(first.id, "ftjob-nothere")), [
    404,
    "fine_tune_not_found",
    "fine_tune_id",
  ]);
  assert.deepEqual(await refusalOf(app, choose("ftckpt_nothere")), [
    404,
    "checkpoint_not_found",
    "checkpoint",
  ]);
  assert.deepEqual(await refusalOf(app, choose(first.id, other.id)), [400, "invalid_value", "checkpoint"]);
  assert.deepEqual(await refusalOf(app, choose(first.id, id, await app.otherKey())), [
    404,
    "fine_tune_not_found",
    "fine_tune_id",
  ]);
  for (const wrong of [7, null, "", [], "x".repeat(101)])
    assert.equal((await choose(wrong)).status, 400, JSON.stringify(wrong));
  await remove(first.fine_tuned_model_checkpoint);
  assert.deepEqual(await refusalOf(app, choose(first.id)), [400, "model_not_available", "checkpoint"]);
  run.end();
});

test("a job that did not succeed has no model to choose for", async () => {
  const { app, choose } = await setUp();
  await using _app = app;
  const { id } = await createJob(app);
  const run = await app.nextRun();
  run.write({ type: "started", pid: 1, resumed_from_step: 0 });
  for (const event of [resolved, step(1), step(2)]) run.write(event);
  writeCheckpoint(run, 2);
  let found: JobCheckpoint[] = [];
  while (found.length === 0) {
    await new Promise((next) => setTimeout(next, 5));
    found = await checkpointsOf(app, id);
  }
  assert.deepEqual(await refusalOf(app, choose(found[0]?.id, id)), [400, "job_has_no_model", "fine_tune_id"]);
  run.end();
});
