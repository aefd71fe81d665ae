import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { tinyAdapter, tinyBaseGguf } from "../../bundle/fixtures/tiny-adapter.ts";
import { parseSums, sha256Of } from "../../bundle/sums.ts";
import { chatRow, tenRows } from "../test-app.ts";
import {
  contentsOf,
  createBundleApp,
  exported,
  exportPath,
  newFolder,
  playEnd,
  playSteps,
  say,
  share,
  TEMPLATE,
  tune,
  workOf,
} from "../test-bundle.ts";
import { createJob, hasEnded } from "../test-job.ts";
import { applyChange } from "../test-lifecycle.ts";

const textOf = (files: ReadonlyMap<string, Buffer>, name: string) => files.get(name)?.toString("utf8") ?? "";

test("an export holds all that the model is made of, and checks out", async () => {
  await using app = await createBundleApp();
  const validation = await app.json(app.upload(`${chatRow("other", "answer")}\n`, { name: "v.jsonl" }));
  const more = { validation_file: validation.id, suffix: "support", seed: 11, metadata: { team: "a" } };
  const { model, job } = await tune(app, more);
  const { files, inspection } = await contentsOf(await exported(app, model));
  assert.deepEqual(inspection.problems, []);
  assert.deepEqual(
    [...files.keys()],
    [
      ...["perennial.json", "Modelfile", "README.md", "adapter.gguf", "adapter/adapter_config.json"],
      ...["adapter/adapter_model.safetensors", "chat_template.jinja", "data/fidelity.json"],
      ...[
        "data/train.jsonl",
        "data/validation.jsonl",
        "events.jsonl",
        "metrics.csv",
        "recipe.json",
        "SHA256SUMS",
      ],
    ],
  );
  assert.equal(textOf(files, "data/train.jsonl"), tenRows);
  assert.deepEqual(files.get("adapter.gguf"), tinyAdapter()["adapter.gguf"]);
  assert.equal(textOf(files, "chat_template.jinja"), TEMPLATE);
  assert.match(textOf(files, "metrics.csv"), /^step,train_loss.*\n1,.*\n2,.*\n3,.*\n4,/);
  assert.equal(JSON.parse(textOf(files, "adapter/adapter_config.json")).base_model_name_or_path, "tiny-base");
  const { manifest } = inspection;
  assert.equal(manifest?.model, model);
  assert.equal(manifest?.job.id, job.id);
  assert.deepEqual(manifest?.job.metadata, { team: "a" });
  const { seed, versions, training_data, resolved_hyperparameters, parents } = manifest?.recipe ?? {};
  assert.deepEqual([seed, versions?.torch, versions?.peft, parents], [11, "2.9.1", "0.21.2", []]);
  assert.equal(training_data?.sha256, sha256Of(tenRows));
  assert.equal(resolved_hyperparameters?.n_epochs, 2);
  assert.equal(manifest?.metrics?.step, 4);
  assert.equal(manifest?.base.gguf?.sha256, sha256Of(tinyBaseGguf()));
  assert.equal(JSON.parse(textOf(files, "recipe.json")).seed, 11);
  const last = textOf(files, "events.jsonl").trim().split("\n").at(-1) ?? "";
  assert.equal(JSON.parse(last).message, "The job has successfully completed");
  assert.equal(parseSums(textOf(files, "SHA256SUMS"))?.size, files.size - 1);
  assert.deepEqual(workOf(app), []);
});

test("exporting twice gives the same bytes", async () => {
  await using app = await createBundleApp();
  const { model } = await tune(app);
  assert.deepEqual(await exported(app, model), await exported(app, model));
});

test("no path and no name of this server but the model's own is in an export", async () => {
  await using app = await createBundleApp();
  const { model } = await tune(app);
  const archive = (await exported(app, model)).toString("latin1");
  assert.equal(archive.includes(app.folder), false);
  assert.equal(archive.includes("/somewhere/bases"), false);
});

test("a model that answers from an earlier checkpoint is exported as that, and the last one as the whole", async () => {
  await using app = await createBundleApp();
  const { job, model, checkpoint } = await tune(app);
  const whole = await contentsOf(await exported(app, model));
  const { data } = await app.json(app.call(`/v1/fine_tuning/jobs/${job.id}/checkpoints`));
  await app.post(`/v1/perennial/fine_tuning/jobs/${job.id}/model`, { checkpoint: data[1].id });
  const chosen = await contentsOf(await exported(app, model));
  const earlier = await contentsOf(await exported(app, checkpoint));
  assert.deepEqual(chosen.inspection.problems, []);
  for (const name of ["adapter.gguf", "events.jsonl", "metrics.csv"])
    assert.deepEqual(chosen.files.get(name), earlier.files.get(name), name);
  assert.notDeepEqual(chosen.files.get("adapter.gguf"), whole.files.get("adapter.gguf"));
  assert.deepEqual(
    [chosen.inspection.manifest?.metrics?.step, chosen.files.has("data/fidelity.json")],
    [2, false],
  );
  const renamed = (await app.json(app.call(`/v1/fine_tuning/jobs/${job.id}/checkpoints`))).data[0];
  const last = await contentsOf(await exported(app, renamed.fine_tuned_model_checkpoint));
  assert.deepEqual(last.files.get("adapter.gguf"), whole.files.get("adapter.gguf"));
  assert.equal(last.inspection.manifest?.metrics?.step, 4);
});

test("README and Modelfile name the model, its base and its files", async () => {
  await using app = await createBundleApp();
  const { model } = await tune(app);
  const { files } = await contentsOf(await exported(app, model));
  const readme = textOf(files, "README.md");
  for (const name of files.keys()) assert.ok(readme.includes(`\`${name}\``), name);
  for (const text of [
    model,
    "llama-server -m base.gguf --lora adapter.gguf",
    "ollama create",
    "PeftModel",
    "vllm serve",
  ])
    assert.ok(readme.includes(text), text);
  assert.match(readme, /perennial models import ft_tiny-base_personal__\w{8}/);
  const lines = textOf(files, "Modelfile").split("\n");
  for (const line of [
    "FROM ./base.gguf",
    "ADAPTER ./adapter.gguf",
    'SYSTEM """Be brief."""',
    'PARAMETER stop "<|im_end|>"',
  ])
    assert.ok(lines.includes(line), line);
});

test("training data stays at home when it is asked to, and the recipe still tells its sum", async () => {
  await using app = await createBundleApp();
  const { model } = await tune(app);
  const { files, inspection } = await contentsOf(await exported(app, model, "?training_data=false"));
  assert.deepEqual(inspection.problems, []);
  assert.equal(
    [...files.keys()].some((name) => name.startsWith("data/")),
    false,
  );
  assert.equal(inspection.manifest?.recipe.training_data?.sha256, sha256Of(tenRows));
  assert.equal(Buffer.concat([...files.values()]).includes("question 3"), false);
});

test("a model is exported when its training file was deleted and its base is gone, and then cannot be merged", async (t) => {
  const folder = newFolder();
  t.after(() => rmSync(folder, { recursive: true }));
  let name = "";
  let before: Buffer;
  {
    await using app = await createBundleApp({ folder });
    const { model, job } = await tune(app);
    name = model;
    before = await exported(app, model);
    assert.equal((await app.call(`/v1/files/${job.training_file}`, { method: "DELETE" })).status, 200);
    assert.deepEqual(await exported(app, model), before);
  }
  await using app = await createBundleApp({ folder, lacksBase: true });
  assert.deepEqual(await exported(app, name), before);
  const refused = await app.call(exportPath(name, "?merged=gguf"));
  const { error } = await app.json(refused);
  assert.deepEqual([refused.status, error.code, error.param], [400, "model_not_available", "merged"]);
});

test("a checkpoint is exported with its own story, the same while its job runs and afterwards", async () => {
  await using app = await createBundleApp();
  const created = await createJob(app);
  const run = await app.nextRun();
  playSteps(run);
  let checkpoint = "";
  for (let tries = 0; tries < 2000 && checkpoint === ""; tries += 1) {
    const { data } = await app.json(app.call(`/v1/fine_tuning/jobs/${created.id}/checkpoints`));
    checkpoint = data[0]?.fine_tuned_model_checkpoint ?? "";
    await new Promise((next) => setTimeout(next, 5));
  }
  const early = await exported(app, checkpoint);
  playEnd(run);
  await app.waitForJob(created.id, hasEnded);
  assert.deepEqual(await exported(app, checkpoint), early);
  const { files, inspection } = await contentsOf(early);
  assert.deepEqual(inspection.problems, []);
  assert.deepEqual([inspection.manifest?.metrics?.step, inspection.manifest?.model], [2, checkpoint]);
  assert.equal(textOf(files, "metrics.csv").trim().split("\n").length, 3);
  assert.equal(files.has("data/fidelity.json"), false);
});

test("without its job's folder, which an operator may delete, a model lacks only what was in there", async () => {
  await using app = await createBundleApp();
  const { model, job } = await tune(app);
  rmSync(join(app.folder, "jobs", job.id), { recursive: true });
  const { files, inspection } = await contentsOf(await exported(app, model));
  assert.deepEqual(inspection.problems, []);
  assert.equal(
    [...files.keys()].some((name) => name.startsWith("data/")),
    false,
  );
  const { training_data, versions, seed } = inspection.manifest?.recipe ?? {};
  assert.deepEqual([training_data, versions], [null, { peft: "0.21.2" }]);
  assert.equal(typeof seed, "number");
  assert.equal(textOf(files, "metrics.csv").trim().split("\n").length, 5);
});

test("a model past its shutdown date is exported as before", async () => {
  const clock = { now: 1_800_000_000 };
  await using app = await createBundleApp({ now: () => clock.now });
  const { model } = await tune(app);
  const before = await exported(app, model);
  const shutdown = new Date((clock.now + 30 * 86_400) * 1000).toISOString().slice(0, 10);
  await applyChange(app, { models: [{ id: "tiny-base", shutdown_at: shutdown }] });
  clock.now += 31 * 86_400;
  assert.equal((await say(app, model)).status, 404);
  assert.deepEqual(await exported(app, model), before);
});

test("the models that it goes on from are told", async () => {
  await using app = await createBundleApp();
  const first = await tune(app);
  const second = await tune(app, { model: first.model });
  const third = await tune(app, { model: second.checkpoint });
  const { inspection } = await contentsOf(await exported(app, third.model));
  assert.deepEqual(inspection.manifest?.recipe.parents, [
    { model: second.checkpoint, job_id: second.job.id },
    { model: first.model, job_id: first.job.id },
  ]);
});

test("another project cannot export a model, also not one that is shared with it", async () => {
  await using app = await createBundleApp();
  const { model } = await tune(app);
  const denied = await app.call(exportPath(model), {}, await app.otherKey());
  assert.deepEqual([denied.status, (await app.json(denied)).error.code], [404, "model_not_found"]);
  const key = await share(app, model);
  const shared = await app.call(exportPath(model), {}, key);
  assert.deepEqual([shared.status, (await app.json(shared)).error.code], [403, "permission_denied"]);
  assert.equal((await app.call(exportPath(model), {}, "sk-test-admin")).status, 403);
});

test("what cannot be exported is refused with what to do", async () => {
  await using app = await createBundleApp();
  const { model } = await tune(app);
  const cases: [string, number, string | null][] = [
    [exportPath("tiny-base"), 400, "model"],
    [exportPath("ft:tiny-base:personal::none"), 404, "model"],
    [exportPath("..%2f..%2fetc"), 404, "model"],
    [exportPath(model, "?merged=onnx"), 400, "merged"],
    [exportPath(model, "?training_data=no"), 400, "training_data"],
    [exportPath(model, "?other=1"), 400, "other"],
  ];
  for (const [path, status, param] of cases) {
    const response = await app.call(path);
    const { error } = await app.json(response);
    assert.deepEqual([response.status, error.param], [status, param], path);
  }
  assert.equal((await app.call(`/v1/models/${model}`, { method: "DELETE" })).status, 200);
  assert.equal((await app.call(exportPath(model))).status, 404);
});

test("HEAD tells the length, and a reader that leaves early leaves nothing behind", async () => {
  await using app = await createBundleApp();
  const { model } = await tune(app);
  const head = await app.call(exportPath(model), { method: "HEAD" });
  assert.equal(Number(head.headers.get("content-length")), (await exported(app, model)).length);
  for (const reads of [0, 1]) {
    const reader = (await app.call(exportPath(model))).body?.getReader();
    for (let read = 0; read < reads; read += 1) await reader?.read();
    await reader?.cancel();
  }
  assert.deepEqual(workOf(app), []);
});
