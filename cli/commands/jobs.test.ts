import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createTestApp, type TestApp, tenRows } from "../../server/test-app.ts";
import { playAll } from "../../server/test-job.ts";
import { createTestTerminal } from "../test-terminal.ts";

const terminalOf = (app: TestApp) =>
  createTestTerminal({ fetch: async (url, init) => app.app.request(String(url), init) });

function trainingFile() {
  const folder = mkdtempSync(join(tmpdir(), "perennial-cli-"));
  const path = join(folder, "train.jsonl");
  writeFileSync(path, tenRows);
  return { path, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

async function startJob(app: TestApp, path: string): Promise<string> {
  const created = await terminalOf(app)("jobs", "create", "--model", "tiny-base", "--file", path, "--json");
  return JSON.parse(created.out).id;
}

for (const word of ["queued", "paused"]) {
  test(`a job is paused, shown and watched as paused, and resumed, where its status says ${word}`, async () => {
    await using app = await createTestApp({ environment: { PERENNIAL_PAUSED_STATUS: word } });
    using file = trainingFile();
    const perennial = terminalOf(app);
    const id = await startJob(app, file.path);
    const run = await app.nextRun();
    const watched = perennial("jobs", "watch", id);
    const pausing = await perennial("jobs", "pause", id);
    assert.match(pausing.out, /^status {11}pausing$/m);
    assert.match(pausing.err, new RegExp(`perennial jobs resume ${id}`));
    run.write({ type: "paused", step: 3 });
    run.end();
    await app.waitForJob(id, ({ status }) => status === word);
    assert.match((await perennial("jobs", "get", id)).out, /^status {11}paused$/m);
    assert.match((await perennial("jobs", "list")).out, new RegExp(`${id} +paused `));
    const again = await perennial("jobs", "pause", id);
    assert.deepEqual([again.code, again.out], [1, ""]);
    assert.match(again.err, /is paused already; resume it/);
    assert.match((await perennial("jobs", "resume", id)).out, /^status {11}(queued|running)$/m);
    await app.nextRun();
    await perennial("jobs", "cancel", id);
    const { err } = await watched;
    assert.match(err, /The job has been paused at step 3\n/);
    assert.match(err, /The job has been resumed\n/);
  });
}

test("a preference job with hyperparameters of every kind is created once under its key", async () => {
  await using app = await createTestApp();
  const perennial = terminalOf(app);
  const { id } = await app.json(app.upload(tenRows));
  const create = [
    ...["jobs", "create", "--model", "tiny-base", "--file", id, "--method", "dpo", "--json", "--epochs", "2"],
    ...["--set", "beta=0.2", "--set", "packing=false", "--set", "lr_scheduler=cosine"],
    ...["--set", 'lora_target_modules=["q_proj"]', "--idempotency-key", "run-1"],
  ];
  const first = JSON.parse((await perennial(...create)).out);
  assert.deepEqual(first.method.dpo.hyperparameters, {
    n_epochs: 2,
    batch_size: "auto",
    learning_rate_multiplier: "auto",
    beta: 0.2,
    packing: false,
    lr_scheduler: "cosine",
    lora_target_modules: ["q_proj"],
  });
  assert.equal(JSON.parse((await perennial(...create)).out).id, first.id);
  const other = await perennial(...create, "--seed", "1");
  assert.match(other.err, /'run-1' belongs to a job with other parameters/);
});

test("a checkpoint becomes the model by its step or id, and the list of checkpoints tells which it is", async () => {
  await using app = await createTestApp();
  using file = trainingFile();
  const perennial = terminalOf(app);
  const id = await startJob(app, file.path);
  playAll(await app.nextRun());
  await app.waitForJob(id, ({ status }) => status === "succeeded");
  assert.match((await perennial("jobs", "model", id, "2")).out, /^answers from step {2}2$/m);
  assert.match((await perennial("jobs", "checkpoints", id)).out, /^2 .* the model +ft:/m);
  const { id: last } = JSON.parse((await perennial("jobs", "checkpoints", id, "--json")).out)[0];
  assert.match((await perennial("jobs", "model", id, last)).out, /^answers from step {2}4$/m);
  const wrong = await perennial("jobs", "model", id, "3");
  assert.deepEqual([wrong.code, wrong.err], [1, `Job ${id} has no checkpoint of step 3. It has: 4, 2.\n`]);
});

test("a job that failed by its file says how to see all that is wrong with it", async () => {
  await using app = await createTestApp();
  const terminal = terminalOf(app);
  const file = await app.json(app.upload(tenRows.split("\n").slice(0, 3).join("\n")));
  const created = await terminal("jobs", "create", "--model", "tiny-base", "--file", file.id, "--watch");
  assert.equal(created.code, 1);
  assert.match(
    created.err,
    new RegExp(`\n\`perennial files check ${file.id}\` shows all that is wrong with it\\.\n$`),
  );
  const [{ id }] = JSON.parse((await terminal("jobs", "list", "--json")).out);
  assert.match((await terminal("jobs", "get", id)).err, /perennial files check/);
});

test("a hyperparameter that there is not is told before the file is sent", async () => {
  const { err } = await createTestTerminal()(
    ...["jobs", "create", "--model", "m", "--file", import.meta.filename, "--epochs", "0"],
  );
  assert.match(err, /^--epochs: Too small/);
});

test("mistakes in a new job's options are answered by one sentence", async () => {
  const create = ["jobs", "create", "--model", "m", "--file", "file-x"];
  for (const [args, expected] of [
    [["--method", "rft"], "No method 'rft': use supervised or dpo.\n"],
    [["--set", "lora_r"], "--set lora_r: write it as key=value.\n"],
    [["--metadata", "=x"], "--metadata =x: write it as key=value.\n"],
    [
      ["--set", "lora_rank=8"],
      /^--set lora_rank: there is no such hyperparameter\. docs\/guide\/fine-tuning-methods\.md lists them all\.\n$/,
    ],
    [["--set", "lora_r=900"], /^--set lora_r: Too big/],
    [["--epochs", "0"], /^--epochs: Too small/],
  ] as const) {
    const { code, out, err } = await createTestTerminal()(...create, ...args);
    assert.deepEqual([code, out], [1, ""]);
    if (typeof expected === "string") assert.equal(err, expected);
    else assert.match(err, expected);
  }
});
