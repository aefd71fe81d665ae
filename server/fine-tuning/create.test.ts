import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { LoraTarget } from "../../contract/training.ts";
import { createTestApp, type TestApp, tenRows } from "../test-app.ts";
import { createJob, hasEnded, playAll } from "../test-job.ts";

const JOBS = "/v1/fine_tuning/jobs";

const abilities = (has: { wandb?: boolean; cuda?: boolean }) => ({
  abilities: {
    python: "/venv/bin/python",
    hasPackage: async (name: string) => name === "wandb" && has.wandb === true,
    hasCuda: async () => has.cuda === true,
  },
});

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

const answer = (content: string) => [{ role: "assistant", content }];
const tenPairs = Array.from({ length: 10 }, (_, index) =>
  JSON.stringify({
    input: { messages: [{ role: "user", content: `question ${index}` }] },
    preferred_output: answer("good"),
    non_preferred_output: answer("bad"),
  }),
).join("\n");

test("a preference job reaches the trainer with its method and its hyperparameters, and shows them", async () => {
  await using app = await createTestApp();
  const hyperparameters = { beta: 0.2, n_epochs: 2, lora_r: 8, lr_scheduler: "cosine", packing: false };
  const { id } = await app.json(app.upload(tenPairs));
  const method = { type: "dpo", dpo: { hyperparameters } };
  const request = { model: "tiny-base", training_file: id, method, seed: 3 };
  const job = await app.json(app.post(JOBS, request));
  const shown = { batch_size: "auto", learning_rate_multiplier: "auto", ...hyperparameters };
  assert.deepEqual(job.method, { type: "dpo", dpo: { hyperparameters: shown } });
  assert.deepEqual(job.hyperparameters, shown);
  const spec = specOf((await app.nextRun()).folder);
  assert.deepEqual([spec.method, spec.hyperparameters, spec.wandb], ["dpo", shown, null]);
});

test("a file that is deleted while the job is being created is refused by name, and nothing is kept", async () => {
  await using app = await createTestApp();
  const training = (await app.json(app.upload(tenRows))).id;
  const validation = (await app.json(app.upload(tenRows))).id;
  const request = { model: "tiny-base", training_file: training, validation_file: validation };
  for (const param of ["validation_file", "training_file"] as const) {
    rmSync(join(app.folder, "files", request[param]));
    const response = await app.post(JOBS, request);
    const { error } = await app.json(response);
    assert.deepEqual([response.status, error.param], [404, param]);
  }
  assert.deepEqual(readdirSync(join(app.folder, "jobs")), []);
  assert.deepEqual((await app.json(app.call(JOBS))).data, []);
});

test("every hyperparameter of Perennial's own is taken, in both places", async () => {
  await using app = await createTestApp({
    parts: abilities({ cuda: true }),
    environment: { PERENNIAL_TRAININGS: "2" },
  });
  const hyperparameters = {
    learning_rate: 1e-4,
    lora_r: 4,
    lora_alpha: 8,
    lora_dropout: 0.1,
    lora_target_modules: ["q_proj", "v_proj"],
    warmup_ratio: 0.1,
    lr_scheduler: "constant",
    weight_decay: 0.01,
    max_grad_norm: 0,
    context_length: 2048,
    packing: true,
    quantization: "nf4",
  };
  for (const where of [
    { hyperparameters },
    { method: { type: "supervised", supervised: { hyperparameters } } },
  ]) {
    await app.json(app.post(JOBS, await requestOn(app, where)));
    const spec = specOf((await app.nextRun()).folder);
    assert.deepEqual(spec.hyperparameters, {
      n_epochs: "auto",
      batch_size: "auto",
      learning_rate_multiplier: "auto",
      ...hyperparameters,
    });
  }
});

const supervised = (hyperparameters: object) => ({
  method: { type: "supervised", supervised: { hyperparameters } },
});
const combinations: [string, object, string, RegExp][] = [
  [
    "nf4 without CUDA",
    { hyperparameters: { quantization: "nf4" } },
    "hyperparameters.quantization",
    /needs an NVIDIA GPU/,
  ],
  [
    "nf4 in the method",
    supervised({ quantization: "nf4" }),
    "method.supervised.hyperparameters.quantization",
    /CUDA/,
  ],
  [
    "a longer context than the base's",
    supervised({ context_length: 2049 }),
    "method.supervised.hyperparameters.context_length",
    /tiny-base is 2048 tokens/,
  ],
  [
    "two learning rates",
    supervised({ learning_rate: 1e-4, learning_rate_multiplier: 2 }),
    "method.supervised.hyperparameters.learning_rate",
    /not both/,
  ],
  [
    "beta where nothing is preferred",
    supervised({ beta: 0.1 }),
    "method.supervised.hyperparameters.beta",
    /Unknown parameter/,
  ],
  [
    "hyperparameters at the top of a preference job",
    { method: { type: "dpo" }, hyperparameters: { n_epochs: 1 } },
    "hyperparameters",
    /method\.dpo/,
  ],
  [
    "hyperparameters twice",
    { hyperparameters: { n_epochs: 1 }, ...supervised({ n_epochs: 2 }) },
    "hyperparameters",
    /once/,
  ],
  [
    "wandb that is not installed",
    { integrations: [{ type: "wandb", wandb: { project: "p" } }] },
    "integrations",
    /`\/venv\/bin\/python -m pip install wandb`/,
  ],
  [
    "another integration",
    { integrations: [{ type: "mlflow" }] },
    "integrations[0].type",
    /'wandb' is the only one/,
  ],
  [
    "wandb without a project",
    { integrations: [{ type: "wandb", wandb: {} }] },
    "integrations[0].wandb.project",
    /Missing/,
  ],
  [
    "two runs of wandb",
    { integrations: [1, 2].map((n) => ({ type: "wandb", wandb: { project: `p${n}` } })) },
    "integrations",
    /one integration/,
  ],
];
for (const [what, more, param, text] of combinations) {
  test(`a job with ${what} is refused by name and leaves nothing behind`, async () => {
    await using app = await createTestApp({ parts: abilities({}) });
    await assertRefused(await app.post(JOBS, await requestOn(app, more)), param, text);
    assert.deepEqual(readdirSync(join(app.folder, "jobs")), []);
  });
}

test("wandb is shown as OpenAI shows it, and handed to the trainer as it was asked for", async () => {
  await using app = await createTestApp({ parts: abilities({ wandb: true }) });
  const wandb = { project: "bakery", tags: ["v2"] };
  const request = await requestOn(app, { integrations: [{ type: "wandb", wandb }] });
  const job = await app.json(app.post(JOBS, request));
  const shown = { project: "bakery", entity: null, name: null, tags: ["v2"] };
  assert.deepEqual(job.integrations, [{ type: "wandb", wandb: { ...shown, run_id: job.id } }]);
  assert.deepEqual(specOf((await app.nextRun()).folder).wandb, shown);
});

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

test("a checkpoint that is deleted while its job waits is still there to go on from", async () => {
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
  assert.ok(readdirSync(specOf(run.folder).adapter).includes("adapter_model.safetensors"));
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
