import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { LoraTarget } from "../../contract/training.ts";
import { createTestApp, type TestApp, tenRows } from "../test-app.ts";
import { createJob, hasEnded, playAll } from "../test-job.ts";

const JOBS = "/v1/fine_tuning/jobs";

const specOf = (folder: string) => JSON.parse(readFileSync(join(folder, "spec.json"), "utf8"));

async function assertRefused(response: Response, param: string | null, text: RegExp) {
  const { error } = JSON.parse(await response.text());
  assert.deepEqual([response.status, error.param], [400, param], error.message);
  assert.match(error.message, text);
  assert.equal(response.headers.get("x-should-retry"), "false");
}

async function requestOn(app: TestApp, more = {}) {
  const file = await app.json(app.upload(tenRows));
  return { model: "tiny-base", training_file: file.id as string, ...more };
}

async function tunedModel(app: TestApp): Promise<{ model: string; checkpoint: string }> {
  const { id } = await createJob(app);
  playAll(await app.nextRun());
  const job = await app.waitForJob(id, hasEnded);
  const { data } = await app.json(app.call(`${JOBS}/${id}/checkpoints`));
  return { model: String(job.fine_tuned_model), checkpoint: data[1].fine_tuned_model_checkpoint };
}

test("training goes on from a tuned model and from a checkpoint, whose adapter keeps its shape", async () => {
  await using app = await createTestApp();
  const { model, checkpoint } = await tunedModel(app);
  for (const from of [model, checkpoint]) {
    const job = await createJob(app, { model: from });
    assert.equal(job.model, from);
    const run = await app.nextRun();
    assert.match(specOf(run.folder).adapter, /adapters\/adapter-/);
    playAll(run);
    assert.match(String((await app.waitForJob(job.id, hasEnded)).fine_tuned_model), /^ft:tiny-base:/);
  }
  const asking = async (hyperparameters: object) =>
    app.post(JOBS, await requestOn(app, { model, hyperparameters }));
  const [r, alpha] = ["hyperparameters.lora_r", "hyperparameters.lora_alpha"];
  await assertRefused(await asking({ lora_r: 8 }), r, /was tuned with lora_r 16/);
  await assertRefused(await asking({ lora_alpha: 64 }), alpha, /lora_alpha 32/);
  assert.equal((await asking({ lora_r: 16, lora_alpha: 32 })).status, 200);
});

test("training goes on in the layers that the adapter has, however its configuration writes them", async () => {
  await using app = await createTestApp();
  const { model } = await tunedModel(app);
  const folders = join(app.folder, "adapters");
  const asking = async (lora_target_modules: unknown) =>
    app.post(JOBS, await requestOn(app, { model, hyperparameters: { lora_target_modules } }));
  const configure = (target_modules: unknown) => {
    for (const name of readdirSync(folders))
      writeFileSync(
        join(folders, name, "adapter_config.json"),
        JSON.stringify({ r: 16, lora_alpha: 32, target_modules }),
      );
  };
  const param = "hyperparameters.lora_target_modules";
  configure(["model.layers.0.self_attn.v_proj", "q_proj"]);
  await assertRefused(await asking("all-linear"), param, /was tuned with lora_target_modules v_proj, q_proj/);
  await assertRefused(await asking(["q_proj"]), param, /leave 'lora_target_modules' out/);
  assert.equal((await asking(["q_proj", "v_proj"])).status, 200);
  configure("all-linear");
  await assertRefused(await asking(["q_proj", "v_proj"]), param, /lora_target_modules all-linear/);
  assert.equal((await asking("all-linear")).status, 200);
  configure(LoraTarget.options.toReversed());
  assert.equal((await asking("all-linear")).status, 200);
});

test("a checkpoint that is deleted while its job waits is still there to go on from, until that has ended", async () => {
  await using app = await createTestApp();
  const { checkpoint } = await tunedModel(app);
  await createJob(app);
  const first = await app.nextRun();
  const job = await createJob(app, { model: checkpoint });
  await app.call(`/v1/models/${checkpoint}`, { method: "DELETE" });
  const gone = await app.post(JOBS, await requestOn(app, { model: checkpoint }));
  await assertRefused(gone, null, /not available for fine-tuning or does not exist/);
  playAll(first);
  const run = await app.nextRun();
  assert.ok(run.folder.endsWith(job.id));
  const { adapter } = specOf(run.folder);
  assert.ok(readdirSync(adapter).includes("adapter_model.safetensors"));
  await app.post(`${JOBS}/${job.id}/cancel`, {});
  // Nothing else tells that the job's end has taken it along.
  for (let tries = 0; existsSync(adapter); tries += 1) {
    assert.ok(tries < 10_000);
    await new Promise((next) => setImmediate(next));
  }
});

test("a model that is deleted while a job from it is created is refused, and no job is left", async () => {
  const meanwhile = { run: async () => {} };
  const hasPackage = async () => {
    await meanwhile.run();
    return true;
  };
  const abilities = { python: "python", hasPackage, hasCuda: async () => false };
  await using app = await createTestApp({ parts: { abilities } });
  const { model } = await tunedModel(app);
  const request = await requestOn(app, { model, integrations: [{ type: "wandb", wandb: { project: "p" } }] });
  meanwhile.run = async () => {
    await app.call(`/v1/models/${model}`, { method: "DELETE" });
  };
  await assertRefused(await app.post(JOBS, request), null, /not available for fine-tuning or does not exist/);
  assert.equal((await app.json(app.call(JOBS))).data.length, 1);
  assert.equal(readdirSync(join(app.folder, "jobs")).length, 1);
});

test("an adapter that is gone all the same fails the job by name, before a trainer starts", async () => {
  await using app = await createTestApp();
  const { checkpoint } = await tunedModel(app);
  await createJob(app);
  const first = await app.nextRun();
  const job = await createJob(app, { model: checkpoint });
  for (const name of readdirSync(join(app.folder, "adapters"))) {
    rmSync(join(app.folder, "adapters", name), { recursive: true });
  }
  first.write({ type: "error", code: "server_error", message: "x", param: null });
  first.end();
  const { status, error } = await app.waitForJob(job.id, hasEnded);
  assert.equal(status, "failed");
  assert.match((error as { message: string }).message, /was deleted before its training began/);
});
