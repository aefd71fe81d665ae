import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ErrorBody } from "../../contract/errors.ts";
import { JobEstimate } from "../../contract/estimates.ts";
import type { Memory } from "../platform/memory.ts";
import { chatRow, createTestApp, type TestApp, tenRows } from "../test-app.ts";
import { createJob } from "../test-job.ts";
import { createFakePython } from "./fixtures/fake-python.ts";

const URL = "/v1/perennial/fine_tuning/estimate";
const GB = 1e9;

const roomy: Memory = { totalBytes: 16 * GB, availableBytes: 8 * GB };

function appWith(python: { environment: Record<string, string> }, memory: Memory = roomy) {
  return createTestApp({ environment: python.environment, parts: { readMemory: () => memory } });
}

const uploaded = async (app: TestApp, content = tenRows, name = "train.jsonl"): Promise<string> =>
  (await app.json(app.upload(content, { name }))).id;

async function estimated(app: TestApp, more: object = {}): Promise<JobEstimate> {
  const response = await app.post(URL, {
    model: "tiny-base",
    training_file: await uploaded(app),
    ...more,
  });
  const answer = await app.json(response);
  assert.equal(response.status, 200, JSON.stringify(answer));
  return JobEstimate.parse(answer);
}

async function refused(app: TestApp, more: object = {}) {
  const response = await app.post(URL, {
    model: "tiny-base",
    training_file: await uploaded(app),
    ...more,
  });
  return { status: response.status, headers: response.headers, ...ErrorBody.parse(await app.json(response)) };
}

const codes = ({ warnings }: JobEstimate) => warnings.map(({ code }) => code);
const scratchOf = (app: TestApp) => readdirSync(join(app.folder, "estimates"));

test("an estimate tells steps, tokens, time and memory, and leaves nothing behind", async () => {
  using python = createFakePython();
  await using app = await appWith(python);
  const found = await estimated(app, { suffix: "x", metadata: { a: "b" } });
  assert.deepEqual([found.steps, found.epochs, found.batch_size, found.examples], [15, 3, 2, 10]);
  assert.deepEqual([found.tokens.dataset_total, found.tokens.computed_total], [300, 180]);
  assert.deepEqual([found.seconds.training, found.seconds.total], [60, 68.75]);
  assert.deepEqual(found.memory, {
    of: "machine",
    peak_bytes: 2 * GB,
    available_bytes: 8 * GB,
    total_bytes: 16 * GB,
    fits_now: true,
    fits: true,
  });
  assert.equal(found.measured_beside_trainings, 0);
  assert.deepEqual(scratchOf(app), []);
  assert.deepEqual((await app.json(app.call("/v1/fine_tuning/jobs"))).data, []);
  assert.deepEqual(readdirSync(join(app.folder, "jobs")), []);
});

test("the trainer is asked for the very job that would be created", async () => {
  using python = createFakePython();
  await using app = await appWith(python);
  const training = await uploaded(app);
  const validation = await uploaded(app, `${chatRow("other", "answer")}\n`, "valid.jsonl");
  const request = {
    model: "tiny-base",
    training_file: training,
    validation_file: validation,
    seed: 11,
    method: { type: "supervised", supervised: { hyperparameters: { n_epochs: 4, lora_r: 8 } } },
  };
  assert.equal((await app.post(URL, request)).status, 200);
  const asked = python.spec();
  await app.post("/v1/fine_tuning/jobs", request);
  const run = await app.nextRun();
  const trained = JSON.parse(readFileSync(join(run.folder, "spec.json"), "utf8"));
  const same = ({ job_id: _, training_file: __, validation_file: ___, ...rest }: Record<string, unknown>) =>
    rest;
  assert.deepEqual(same(asked), same(trained));
  assert.match(asked.training_file, /estimates\/\w+\/training\.jsonl$/);
  assert.match(asked.validation_file ?? "", /estimates\/\w+\/validation\.jsonl$/);
});

const badBodies: readonly object[] = [
  { model: "unknown" },
  { model: 7 },
  { training_file: "file-none" },
  { validation_file: "file-none" },
  { unknown: true },
  { suffix: "no spaces please" },
  { integrations: [{ type: "other" }] },
  { method: { type: "reinforcement" } },
  { method: { type: "dpo", supervised: {} } },
  { hyperparameters: { n_epochs: 51 } },
  { hyperparameters: { context_length: 4096 } },
  { hyperparameters: { quantization: "nf4" } },
  { hyperparameters: { learning_rate: 0.1, learning_rate_multiplier: 2 } },
  { hyperparameters: {}, method: { type: "supervised", supervised: { hyperparameters: {} } } },
];

test("what is refused when a job is created is refused here in the same words", async () => {
  using python = createFakePython();
  await using app = await appWith(python);
  const training = await uploaded(app);
  for (const bad of badBodies) {
    const request = { model: "tiny-base", training_file: training, ...bad };
    const [mine, theirs] = [await app.post(URL, request), await app.post("/v1/fine_tuning/jobs", request)];
    assert.equal(mine.status, theirs.status, JSON.stringify(bad));
    assert.ok(mine.status >= 400 && mine.status < 500);
    assert.deepEqual(await app.json(mine), await app.json(theirs));
  }
  const same = await refused(app, { training_file: training, validation_file: training });
  assert.deepEqual([same.status, same.error.param], [400, "validation_file"]);
});

test("a file of another project does not exist, and an admin key estimates nothing", async () => {
  using python = createFakePython();
  await using app = await appWith(python);
  const request = { model: "tiny-base", training_file: await uploaded(app) };
  assert.equal((await app.post(URL, request, await app.otherKey())).status, 400);
  assert.equal((await app.post(URL, request, "sk-test-admin")).status, 403);
});

test("a file that a job would fail on is refused with the job's sentence", async () => {
  using python = createFakePython();
  await using app = await appWith(python);
  for (const content of [`${tenRows}{"messages": []}\n`, `${chatRow("a", "b")}\n`]) {
    const training = await uploaded(app, content);
    const found = await refused(app, { training_file: training });
    const created = await app.json(
      app.post("/v1/fine_tuning/jobs", { model: "tiny-base", training_file: training }),
    );
    const job = await app.waitForJob(created.id, ({ status }) => status === "failed");
    const { code, message, param } = found.error;
    assert.deepEqual([found.status, { code, message, param }], [400, job.error]);
  }
});

test("what only the trainer can see is refused the same way", async () => {
  const told = { code: "invalid_training_file", message: "Line 3 is odd.", param: "training_file" };
  using python = createFakePython(`error:${JSON.stringify(told)}`);
  await using app = await appWith(python);
  const { status, error } = await refused(app);
  assert.deepEqual([status, error], [400, { ...told, type: "invalid_request_error" }]);
  python.play(`error:${JSON.stringify({ code: "base_unreadable", message: "Torn.", param: "model" })}`);
  const other = await refused(app);
  assert.deepEqual([other.status, other.error.code, other.error.message], [400, "job_would_fail", "Torn."]);
  python.play(`error:${JSON.stringify({ code: "out_of_memory", message: "Too little.", param: null })}`);
  const third = await refused(app);
  assert.deepEqual([third.status, third.headers.get("retry-after")], [503, "60"]);
  assert.deepEqual(scratchOf(app), []);
});

test("a trainer that fails, is silent or prints rubbish is answered with 503, and the next estimate is made", async () => {
  using python = createFakePython();
  await using app = await appWith(python);
  for (const how of ["fail", "rubbish", "silent"]) {
    python.play(how);
    const { status, error } = await refused(app);
    assert.deepEqual([status, error.code], [503, "estimate_unavailable"]);
    assert.doesNotMatch(error.message, /module|Loading/);
  }
  python.play("");
  assert.equal((await estimated(app)).steps, 15);
  assert.deepEqual(scratchOf(app), []);
});

test("warnings come from the files, the context, the share that was looked at and the memory", async () => {
  using python = createFakePython("sampled");
  await using app = await appWith(python, { totalBytes: 4 * GB, availableBytes: 1 * GB });
  const row = chatRow("the same", "answer");
  const found = await estimated(app, { training_file: await uploaded(app, `${tenRows}${row}\n${row}\n`) });
  assert.deepEqual(codes(found), ["duplicate_row", "rows_cut", "memory_in_use", "sampled"]);
  assert.deepEqual([found.memory.fits, found.memory.fits_now], [true, false]);
  assert.match(found.warnings[1]?.message ?? "", /90 rows are longer than the context of 2048 tokens/);
  assert.match(found.warnings[3]?.message ?? "", /10000 of 900000 rows/);
  await using small = await appWith(python, { totalBytes: 1 * GB, availableBytes: null });
  const other = await estimated(small);
  assert.deepEqual([other.memory.fits, other.memory.fits_now], [false, null]);
  assert.ok(codes(other).includes("does_not_fit"));
});

test("where the trainer computes on a GPU, the job has to fit into the card's memory and not into the machine's", async () => {
  using python = createFakePython("gpu");
  await using app = await appWith(python, { totalBytes: 1 * GB, availableBytes: 1 * GB });
  const found = await estimated(app);
  assert.deepEqual(found.memory, {
    of: "gpu",
    peak_bytes: 2 * GB,
    available_bytes: 1 * GB,
    total_bytes: 24 * GB,
    fits_now: false,
    fits: true,
  });
  assert.deepEqual(codes(found), ["memory_in_use"]);
});

test("an estimate beside a training says so", async () => {
  using python = createFakePython();
  await using app = await appWith(python);
  await createJob(app);
  await app.nextRun();
  const found = await estimated(app);
  assert.equal(found.measured_beside_trainings, 1);
  assert.ok(codes(found).includes("measured_beside_trainings"));
});

test("without the memory for even one row nothing is started", async () => {
  using python = createFakePython("fail");
  const memory = { totalBytes: 64 * GB, availableBytes: 8 * GB };
  await using app = await createTestApp({
    environment: python.environment,
    parts: { readMemory: () => memory },
  });
  const hf = join(app.folder, "bases", "tiny-base", "hf");
  mkdirSync(hf, { recursive: true });
  const wide = { num_hidden_layers: 32, hidden_size: 4096, intermediate_size: 14336, vocab_size: 128_256 };
  writeFileSync(join(hf, "config.json"), JSON.stringify({ ...wide, num_attention_heads: 32 }));
  const later = await refused(app);
  assert.deepEqual([later.status, later.headers.get("retry-after")], [503, "30"]);
  assert.match(later.error.message, /needs at least \d\d\.\d GB .* 8\.0 GB of this machine's 64\.0 GB/);
  memory.totalBytes = 16 * GB;
  const never = await refused(app);
  assert.deepEqual([never.status, never.error.code, never.error.param], [400, "job_would_fail", "model"]);
});
