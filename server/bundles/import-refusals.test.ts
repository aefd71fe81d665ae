import assert from "node:assert/strict";
import { test } from "node:test";
import { ggufBytes, tinyBaseGguf } from "../../bundle/fixtures/tiny-adapter.ts";
import { TINY_MODEL, tinyBundle, tinyFacts } from "../../bundle/fixtures/tiny-bundle.ts";
import { EngineError } from "../serving/engine.ts";
import {
  adaptersOf,
  archiveOf,
  bundleWith,
  createBundleApp,
  imported,
  importInto,
  modelNames,
  refusedImport,
  workOf,
} from "../test-bundle.ts";

test("a name that is taken by something else is refused, in the own project and in another", async () => {
  await using app = await createBundleApp();
  const archive = await archiveOf(tinyBundle());
  await imported(app, archive);
  const other = await refusedImport(app, await archiveOf(tinyBundle({}, { seed: 9 })));
  assert.deepEqual([other.status, other.code, other.param], [400, "model_already_exists", "model"]);
  const key = await app.otherKey();
  const stranger = await refusedImport(app, archive, key);
  assert.deepEqual([stranger.status, stranger.code], [400, "model_already_exists"]);
  assert.equal((await app.call(`/v1/models/${TINY_MODEL}`, {}, key)).status, 404);
  await app.call(`/v1/models/${TINY_MODEL}`, { method: "DELETE" });
  assert.equal((await refusedImport(app, archive, key)).code, "model_already_exists");
  assert.equal(adaptersOf(app).length, 0);
});

test("the base must be there, and be the same", async () => {
  const archive = await archiveOf(tinyBundle());
  await using without = await createBundleApp({ lacksBase: true });
  const lacking = await refusedImport(without, archive);
  assert.deepEqual([lacking.code, lacking.param], ["model_not_available", "base"]);
  assert.match(lacking.message, /tiny-base, which is not on this server\. Add it first/);
  await using app = await createBundleApp({ base: tinyBaseGguf("another") });
  const differs = await refusedImport(app, archive);
  assert.deepEqual([differs.status, differs.code, differs.param], [400, "base_differs", "base"]);
  const unknown = { ...tinyFacts().base, gguf: null };
  assert.equal((await imported(app, await archiveOf(tinyBundle({ base: unknown })))).was_there, false);
});

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
    const { status, code, message } = await refusedImport(app, await archive);
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
    const { status, code, message } = await refusedImport(app, archive);
    assert.deepEqual([status, code], [400, "invalid_bundle"], message);
    assert.match(message, told);
  }
  assert.deepEqual([adaptersOf(app), workOf(app), await modelNames(app)], [[], [], ["tiny-base"]]);
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
  const first = await refusedImport(app, archive);
  assert.equal(first.code, "invalid_bundle");
  assert.match(first.message, /not give the model's own answers.*Fidelity check failed/);
  failure = new EngineError("The engine is away.", { retryAfterSeconds: 7 });
  const second = await importInto(app, archive);
  assert.deepEqual([second.status, second.headers.get("retry-after")], [503, "7"]);
  failure = new Error("a token that is none");
  assert.equal((await refusedImport(app, archive)).code, "invalid_bundle");
  assert.deepEqual([adaptersOf(app), await modelNames(app)], [[], ["tiny-base"]]);
});
