import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { createTestApp, type TestApp, tenRows } from "../test-app.ts";

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
    assert.deepEqual([response.status, error.param], [400, param]);
  }
  assert.deepEqual(readdirSync(join(app.folder, "jobs")), []);
  assert.deepEqual((await app.json(app.call(JOBS))).data, []);
});

test("a job that the database cannot keep leaves no folder", async () => {
  await using app = await createTestApp();
  const { id } = await app.json(app.upload(tenRows));
  using other = new DatabaseSync(join(app.folder, "perennial.sqlite"));
  other.exec("alter table job_events rename to elsewhere");
  assert.equal((await app.post(JOBS, { model: "tiny-base", training_file: id })).status, 500);
  assert.deepEqual(readdirSync(join(app.folder, "jobs")), []);
  other.exec("alter table elsewhere rename to job_events");
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

test("a model that there is not is answered with the base models that there are", async () => {
  await using app = await createTestApp();
  const from = { model: "gpt-4o-mini-2024-07-18" };
  const told =
    /^Model gpt-4o-mini-2024-07-18 is not available .* exist\. Base models on this server: tiny-base\.$/;
  await assertRefused(await app.post(JOBS, await requestOn(app, from)), null, told);
  await using empty = await createTestApp({ lacksBase: true });
  const howTo = /This server has no base model yet; docs\/guide\/base-models\.md says how it gets one\.$/;
  await assertRefused(await empty.post(JOBS, await requestOn(empty, from)), null, howTo);
});
