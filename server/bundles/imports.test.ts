import assert from "node:assert/strict";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { TINY_MODEL, tinyBundle } from "../../bundle/fixtures/tiny-bundle.ts";
import { tenRows } from "../test-app.ts";
import {
  adaptersOf,
  archiveOf,
  bundleWith,
  contentsOf,
  createBundleApp,
  exported,
  imported,
  importInto,
  modelNames,
  newFolder,
  playEnd,
  playSteps,
  say,
  share,
  tune,
  workOf,
} from "../test-bundle.ts";
import { hasEnded } from "../test-job.ts";

test("a model moves to another installation under its name: shown, called, trained on from, exported the same, deleted", async () => {
  await using home = await createBundleApp();
  const { model } = await tune(home);
  const archive = await exported(home, model);
  const { created } = await home.json(home.call(`/v1/models/${model}`));
  await using app = await createBundleApp();
  assert.deepEqual(await imported(app, archive), {
    ...{ object: "perennial.model_import", id: model, base_model: "tiny-base", created, was_there: false },
  });
  const shown = await app.json(app.call(`/v1/models/${model}`));
  assert.deepEqual([shown.id, shown.created], [model, created]);
  assert.equal((await say(app, model)).status, 200);
  assert.deepEqual(await exported(app, model), archive);
  assert.deepEqual((await app.json(app.call("/v1/fine_tuning/jobs"))).data, []);

  const further = await tune(app, { model });
  const { inspection } = await contentsOf(await exported(app, further.model));
  const { manifest: first } = (await contentsOf(archive)).inspection;
  assert.deepEqual(inspection.manifest?.recipe.parents, [{ model, job_id: first?.job.id }]);

  assert.equal((await app.call(`/v1/models/${model}`, { method: "DELETE" })).status, 200);
  assert.equal((await say(app, model)).status, 404);
  assert.deepEqual(workOf(app), []);
});

test("an imported checkpoint and one without training data stay what they were", async () => {
  await using home = await createBundleApp();
  const { model, checkpoint } = await tune(home);
  const [whole, bare] = [
    await exported(home, checkpoint),
    await exported(home, model, "?training_data=false"),
  ];
  await using app = await createBundleApp();
  for (const archive of [whole, bare]) assert.equal((await imported(app, archive)).was_there, false);
  assert.deepEqual(await exported(app, checkpoint), whole);
  assert.deepEqual(await exported(app, model), bare);
});

test("the same model again, also where it was trained, changes nothing", async () => {
  await using app = await createBundleApp();
  const { model } = await tune(app);
  const archive = await exported(app, model);
  const before = adaptersOf(app);
  assert.equal((await imported(app, archive)).was_there, true);
  assert.deepEqual(adaptersOf(app), before);
  await using other = await createBundleApp();
  const answers = await Promise.all([1, 2, 3].map(() => imported(other, archive)));
  assert.equal(answers.filter(({ was_there }) => !was_there).length, 1);
  assert.equal(adaptersOf(other).length, 1);
});

test("a model that was deleted comes back under its name, and to nobody whom it was shared with", async () => {
  await using app = await createBundleApp();
  const { model } = await tune(app);
  const archive = await exported(app, model);
  const key = await share(app, model);
  assert.equal((await say(app, model, key)).status, 200);
  await app.call(`/v1/models/${model}`, { method: "DELETE" });
  assert.equal((await imported(app, archive)).was_there, false);
  assert.equal((await say(app, model)).status, 200);
  assert.equal((await say(app, model, key)).status, 404);
  assert.deepEqual(await exported(app, model), archive);
});

test("a model belongs to the project whose key brought it", async () => {
  await using app = await createBundleApp();
  const key = await app.otherKey();
  await imported(app, await archiveOf(tinyBundle()), key);
  assert.deepEqual(await modelNames(app), ["tiny-base"]);
  assert.equal((await say(app, TINY_MODEL, key)).status, 200);
  assert.equal((await importInto(app, Buffer.alloc(0), "sk-test-admin")).status, 403);
});

test("an archive that tar itself made, in any order and with its folders, is taken; a merged model in it is not kept", async () => {
  await using app = await createBundleApp();
  const bundle = tinyBundle({}, {}, { "merged/model.gguf": "large" });
  const archive = await archiveOf(new Map([...bundle].reverse()), "./any-name");
  await imported(app, archive);
  const [adapter = ""] = adaptersOf(app);
  assert.equal(existsSync(join(app.folder, "adapters", adapter, "record", "merged")), false);
  bundle.delete("merged/model.gguf");
  assert.equal((await imported(app, await archiveOf(bundle))).was_there, true);
});

test("a sender who goes away leaves nothing, and the next one is served", async () => {
  await using app = await createBundleApp();
  const archive = await archiveOf(tinyBundle());
  const leaving = new AbortController();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(archive.subarray(0, 2000));
      leaving.signal.addEventListener("abort", () => controller.error(leaving.signal.reason));
    },
  });
  const init = { method: "POST", body, duplex: "half" as const, signal: leaving.signal };
  const answer = app.call("/v1/perennial/models/import", init);
  setImmediate(() => leaving.abort());
  assert.equal((await answer).status, 499);
  assert.deepEqual([adaptersOf(app), workOf(app)], [[], []]);
  assert.equal((await imported(app, archive)).was_there, false);
});

test("what a crash left of an import is gone after the next start", async (t) => {
  const folder = newFolder();
  t.after(() => rmSync(folder, { recursive: true }));
  {
    await using app = await createBundleApp({
      folder,
      // As if the process ended between the adapter and the row: the folder stays, no model names it.
      serving: { checkFidelity: () => new Promise(() => {}) },
    });
    const answer = importInto(app, await bundleWith({ "data/fidelity.json": Buffer.from('{"rows": []}') }));
    const isAdded = () => adaptersOf(app).some((name) => !name.endsWith(".tmp"));
    for (let tries = 0; tries < 2000 && !isAdded(); tries += 1)
      await new Promise((next) => setTimeout(next, 5));
    assert.ok(isAdded());
    assert.deepEqual(await modelNames(app), ["tiny-base"]);
    void answer;
  }
  await using app = await createBundleApp({ folder });
  assert.deepEqual([adaptersOf(app), workOf(app), await modelNames(app)], [[], [], ["tiny-base"]]);
});

test("a job can go on from an imported model while that is deleted", async () => {
  await using app = await createBundleApp();
  await imported(app, await archiveOf(tinyBundle()));
  const file = await app.json(app.upload(tenRows));
  const job = await app.json(app.post("/v1/fine_tuning/jobs", { model: TINY_MODEL, training_file: file.id }));
  await app.call(`/v1/models/${TINY_MODEL}`, { method: "DELETE" });
  const run = await app.nextRun();
  playSteps(run);
  playEnd(run);
  const ended = await app.waitForJob(job.id, hasEnded);
  assert.equal(ended.status, "succeeded");
  const { inspection } = await contentsOf(await exported(app, String(ended.fine_tuned_model)));
  assert.equal(inspection.manifest?.recipe.parents[0]?.model, TINY_MODEL);
});
