import assert from "node:assert/strict";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ggufBytes, tinyBaseGguf } from "../../bundle/fixtures/tiny-adapter.ts";
import { sealed, TINY_MODEL, tinyBundle, tinyFacts } from "../../bundle/fixtures/tiny-bundle.ts";
import { ModelImport } from "../../contract/bundles.ts";
import { ErrorBody } from "../../contract/errors.ts";
import { EngineError } from "../serving/engine.ts";
import { type TestApp, tenRows } from "../test-app.ts";
import { hasEnded } from "../test-job.ts";
import {
  archiveOf,
  contentsOf,
  createBundleApp,
  exported,
  importInto,
  newFolder,
  playEnd,
  playSteps,
  say,
  tune,
} from "./fixtures/bundle-app.ts";

async function imported(app: TestApp, archive: Buffer, key?: string): Promise<ModelImport> {
  const answer = await importInto(app, archive, key);
  const value = await app.json(answer);
  assert.equal(answer.status, 200, JSON.stringify(value));
  return ModelImport.parse(value);
}

async function refused(app: TestApp, archive: Buffer, key?: string) {
  const answer = await importInto(app, archive, key);
  const { error } = ErrorBody.parse(await app.json(answer));
  return { status: answer.status, ...error };
}

const adaptersOf = (app: TestApp) => readdirSync(join(app.folder, "adapters"));
const workOf = (app: TestApp) => readdirSync(join(app.folder, "bundles", "work"));
const namesOf = async (app: TestApp): Promise<string[]> =>
  (await app.json(app.call("/v1/models"))).data.map(({ id }: { id: string }) => id);

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

test("a model that was deleted comes back under its name", async () => {
  await using app = await createBundleApp();
  const { model } = await tune(app);
  const archive = await exported(app, model);
  await app.call(`/v1/models/${model}`, { method: "DELETE" });
  assert.equal((await imported(app, archive)).was_there, false);
  assert.equal((await say(app, model)).status, 200);
  assert.deepEqual(await exported(app, model), archive);
});

test("a name that is taken by something else is refused, in the own project and in another", async () => {
  await using app = await createBundleApp();
  const archive = await archiveOf(tinyBundle());
  await imported(app, archive);
  const other = await refused(app, await archiveOf(tinyBundle({}, { seed: 9 })));
  assert.deepEqual([other.status, other.code, other.param], [400, "model_already_exists", "model"]);
  const key = await app.otherKey();
  const stranger = await refused(app, archive, key);
  assert.deepEqual([stranger.status, stranger.code], [400, "model_already_exists"]);
  assert.equal((await app.call(`/v1/models/${TINY_MODEL}`, {}, key)).status, 404);
  await app.call(`/v1/models/${TINY_MODEL}`, { method: "DELETE" });
  assert.equal((await refused(app, archive, key)).code, "model_already_exists");
  assert.equal(adaptersOf(app).length, 0);
});

test("a model belongs to the project whose key brought it", async () => {
  await using app = await createBundleApp();
  const key = await app.otherKey();
  await imported(app, await archiveOf(tinyBundle()), key);
  assert.deepEqual(await namesOf(app), ["tiny-base"]);
  assert.equal((await say(app, TINY_MODEL, key)).status, 200);
  assert.equal((await importInto(app, Buffer.alloc(0), "sk-test-admin")).status, 403);
});

test("the base must be there, and be the same", async () => {
  const archive = await archiveOf(tinyBundle());
  await using without = await createBundleApp({ lacksBase: true });
  const lacking = await refused(without, archive);
  assert.deepEqual([lacking.code, lacking.param], ["model_not_available", "base"]);
  assert.match(lacking.message, /tiny-base, which is not on this server\. Add it first/);
  await using app = await createBundleApp({ base: tinyBaseGguf("another") });
  const differs = await refused(app, archive);
  assert.deepEqual([differs.status, differs.code, differs.param], [400, "base_differs", "base"]);
  const unknown = { ...tinyFacts().base, gguf: null };
  assert.equal((await imported(app, await archiveOf(tinyBundle({ base: unknown })))).was_there, false);
});

const bundleWith = (changes: Record<string, Buffer>) => {
  const files = tinyBundle();
  for (const name of ["perennial.json", "SHA256SUMS"]) files.delete(name);
  return archiveOf(sealed(tinyFacts(), new Map([...files, ...Object.entries(changes)])));
};

test("rubbish never reaches the engine: an adapter of another shape, of another kind, or no adapter at all", async () => {
  let checks = 0;
  await using app = await createBundleApp({
    serving: {
      checkFidelity: async () => {
        checks += 1;
        return { passes: true, summary: "", figures: {} };
      },
    },
  });
  const cases: [Promise<Buffer>, RegExp][] = [
    [bundleWith({ "adapter.gguf": Buffer.from("GGUF and then nothing") }), /no GGUF file/],
    [bundleWith({ "adapter.gguf": ggufBytes({ "general.architecture": "llama" }, []) }), /no LoRA adapter/],
    [archiveOf(tinyBundle({}, { input: 8 })), /not in that size/],
    [archiveOf(tinyBundle({}, { architecture: "qwen2" })), /for a qwen2 model/],
    [archiveOf(tinyBundle({}, { config: { modules_to_save: ["lm_head"] } })), /modules_to_save/],
    [bundleWith({ "data/fidelity.json": Buffer.from("[]") }), /trainer's answers/],
  ];
  for (const [archive, told] of cases) {
    const { status, code, message } = await refused(app, await archive);
    assert.deepEqual([status, code], [400, "invalid_bundle"], message);
    assert.match(message, told);
  }
  assert.deepEqual([checks, adaptersOf(app).length, workOf(app).length], [0, 0, 0]);
});

test("what is no whole bundle is refused, names what is wrong and leaves nothing", async () => {
  await using app = await createBundleApp();
  const whole = await archiveOf(tinyBundle());
  const damaged = tinyBundle();
  damaged.set("data/train.jsonl", Buffer.from("{ \n"));
  const lacking = tinyBundle();
  lacking.delete("metrics.csv");
  const cases: [Buffer, RegExp][] = [
    [await archiveOf(damaged), /data\/train\.jsonl is damaged/],
    [await archiveOf(lacking), /metrics\.csv is missing/],
    [await archiveOf(tinyBundle().set("run.sh", Buffer.from("x"))), /run\.sh.* is not part/],
    [await archiveOf(tinyBundle().set("../../api-key", Buffer.from("x"))), /leads out of its folder/],
    [await archiveOf([...tinyBundle(), ["a/perennial.json", Buffer.from("{}")]]), /not part of a bundle/],
    [await archiveOf([...tinyBundle(), ...tinyBundle()]), /"perennial.json" twice/],
    [whole.subarray(0, 3000), /cut short/],
    [Buffer.from("hello"), /cut short|no tar/],
    [Buffer.alloc(0), /empty|no body/],
    [await archiveOf(tinyBundle({ created_at: 1_900_000_000 })), /future/],
    [
      await archiveOf(tinyBundle({ model: "ft:other:personal::Ab12Cd34" })),
      /not the name of a model on tiny-base/,
    ],
  ];
  for (const [archive, told] of cases) {
    const { status, code, message } = await refused(app, archive);
    assert.deepEqual([status, code], [400, "invalid_bundle"], message);
    assert.match(message, told);
  }
  assert.deepEqual([adaptersOf(app), workOf(app), await namesOf(app)], [[], [], ["tiny-base"]]);
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

test("a model whose engine does not answer as its trainer did is refused, and an engine that is away is told", async () => {
  const probe = { "data/fidelity.json": Buffer.from('{"rows": []}') };
  let failure: Error | null = null;
  await using app = await createBundleApp({
    serving: {
      checkFidelity: async () => {
        if (failure) throw failure;
        return { passes: false, summary: "Fidelity check failed.", figures: {} };
      },
    },
  });
  const archive = await bundleWith(probe);
  const first = await refused(app, archive);
  assert.equal(first.code, "invalid_bundle");
  assert.match(first.message, /not give the model's own answers.*Fidelity check failed/);
  failure = new EngineError("The engine is away.", { retryAfterSeconds: 7 });
  const second = await importInto(app, archive);
  assert.deepEqual([second.status, second.headers.get("retry-after")], [503, "7"]);
  failure = new Error("a token that is none");
  assert.equal((await refused(app, archive)).code, "invalid_bundle");
  assert.deepEqual([adaptersOf(app), await namesOf(app)], [[], ["tiny-base"]]);
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
    while (adaptersOf(app).every((name) => name.endsWith(".tmp"))) await new Promise(setImmediate);
    assert.deepEqual(await namesOf(app), ["tiny-base"]);
    void answer;
  }
  await using app = await createBundleApp({ folder });
  assert.deepEqual([adaptersOf(app), workOf(app), await namesOf(app)], [[], [], ["tiny-base"]]);
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
