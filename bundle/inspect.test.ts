import assert from "node:assert/strict";
import { test } from "node:test";
import { entriesOf, sealed, tinyBundle, tinyFacts } from "./fixtures/tiny-bundle.ts";
import { createInspector, type Inspection } from "./inspect.ts";
import { folderOf, isKnown, isMerged, MANIFEST, nameIn, SUMS } from "./names.ts";

async function inspect(
  bundle: ReadonlyMap<string, Buffer>,
  mayLack?: (name: string) => boolean,
): Promise<Inspection> {
  const inspector = createInspector();
  for await (const entry of entriesOf(bundle)) for await (const _chunk of inspector.pass(entry));
  return inspector.report(mayLack);
}

test("a whole bundle has no problem, in whatever order its files come", async () => {
  const bundle = tinyBundle();
  const backwards = new Map([...bundle].reverse());
  for (const one of [bundle, backwards]) {
    const { problems, files, manifest } = await inspect(one);
    assert.deepEqual(problems, []);
    assert.ok(files.every(({ state }) => state === "ok") && files.length === bundle.size);
    assert.equal(manifest?.model, tinyFacts().model);
  }
});

test("one changed byte in any file is found and its file named", async () => {
  const whole = tinyBundle();
  for (const [name, content] of whole) {
    const changed = Buffer.from(content);
    changed[changed.length - 2] = (changed[changed.length - 2] ?? 0) ^ 1;
    const { problems } = await inspect(new Map(whole).set(name, changed));
    assert.ok(
      problems.length > 0 && problems.every((text) => text.includes(name)),
      `${name}: ${problems.join(" ")}`,
    );
  }
});

test("a missing file and one too many are named", async () => {
  for (const name of tinyBundle().keys()) {
    const bundle = tinyBundle();
    bundle.delete(name);
    const { problems } = await inspect(bundle);
    assert.ok(problems[0]?.startsWith(`${name} is missing`), problems.join(" "));
  }
  const more = tinyBundle().set("data/other.jsonl", Buffer.from("x"));
  assert.deepEqual((await inspect(more)).problems, ["data/other.jsonl is not part of the bundle."]);
});

test("a merged model may stay behind where the reader says so", async () => {
  const bundle = tinyBundle({}, {}, { "merged/model.gguf": "large" });
  assert.deepEqual((await inspect(bundle)).problems, []);
  bundle.delete("merged/model.gguf");
  assert.deepEqual((await inspect(bundle, isMerged)).problems, []);
  assert.deepEqual((await inspect(bundle)).problems, ["merged/model.gguf is missing."]);
});

test("sums that fit a name that no bundle holds do not make it part of one", async () => {
  const [contents, sums] = [tinyBundle(), SUMS];
  for (const name of [MANIFEST, sums]) contents.delete(name);
  const { problems } = await inspect(sealed(tinyFacts(), contents.set("bin/run.sh", Buffer.from("x"))));
  assert.deepEqual(problems, [`${MANIFEST} names "bin/run.sh", which no bundle holds.`]);
});

test("files that are whole but no adapter are a problem", async () => {
  const { problems } = await inspect(tinyBundle({}, { config: { r: 8 } }));
  assert.match(problems.join(), /not of rank 8/);
});

const manifests: [string, unknown, RegExp][] = [
  ["text that is no JSON", "{", /is no JSON/],
  ["something else", { name: "x" }, /does not describe an exported model/],
  ["one of a newer version", { format: "perennial.model_bundle", version: 2 }, /a newer Perennial/],
  ["one that lacks fields", { format: "perennial.model_bundle", version: 1 }, /is broken at/],
];
for (const [what, content, told] of manifests) {
  test(`a manifest that is ${what} is told`, async () => {
    const text = typeof content === "string" ? content : JSON.stringify(content);
    const { manifest, problems } = await inspect(tinyBundle().set(MANIFEST, Buffer.from(text)));
    assert.equal(manifest, null);
    assert.match(problems.join(), told);
  });
}

test("a model's name cannot name a folder elsewhere, and paths of archives come to a bundle's own names", () => {
  assert.equal(folderOf("ft:smollm2:personal:support:Ab12Cd34"), "ft_smollm2_personal_support_Ab12Cd34");
  const long = folderOf(`ft:${"b".repeat(200)}:o::Ab12Cd34:ckpt-step-9`);
  assert.ok(long.length <= 100 && long.endsWith("__Ab12Cd34_ckpt-step-9"), long);
  assert.doesNotMatch(folderOf("ft:../../x:/etc"), /[/:]/);
  for (const path of ["top/adapter.gguf", "./top/adapter.gguf", "./adapter.gguf", "adapter.gguf"])
    assert.equal(nameIn(path), "adapter.gguf");
  assert.equal(nameIn("top/adapter/adapter_config.json"), "adapter/adapter_config.json");
  assert.equal(nameIn("adapter/adapter_config.json"), "adapter/adapter_config.json");
  for (const name of ["../x", "merged/../x", "merged/.x", "merged/a/b", "adapter", "data/x.jsonl"])
    assert.equal(isKnown(name), false, name);
});
