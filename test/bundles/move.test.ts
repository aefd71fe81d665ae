import assert from "node:assert/strict";
import { cpSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { perennial } from "../support/command-line.ts";
import { BASE, lacksModel, newFolder, type Server, startServer } from "../support/server.ts";
import { ask, clientOf, FEW_ROWS, tune } from "../support/tuned-model.ts";

describe("a tuned model outlives its installation", { skip: lacksModel }, () => {
  const place = mkdtempSync(join(tmpdir(), "perennial-move-"));
  const elsewhere = newFolder();
  const kept = join(place, "kept");
  let home: Server;
  let model = "";
  let said = "";

  before(async () => {
    home = await startServer();
    model = await tune(clientOf(home), FEW_ROWS);
    said = await ask(clientOf(home), model);
  });
  after(async () => {
    await home?.[Symbol.asyncDispose]();
    for (const folder of [place, elsewhere]) rmSync(folder, { recursive: true, force: true });
  });

  test("it is exported and found whole, with what it was trained with", async () => {
    const exported = await perennial(home.url, "models", "export", model, "-o", kept);
    assert.equal(exported.code, 0, exported.err);
    assert.equal((await perennial(null, "models", "verify", kept)).code, 0);
    const { recipe, base } = JSON.parse(readFileSync(join(kept, "perennial.json"), "utf8"));
    assert.match(recipe.versions.torch, /^\d+\.\d+/);
    assert.deepEqual([recipe.seed, recipe.resolved_hyperparameters.lora_r], [7, 16]);
    assert.match(base.gguf.sha256, /^[0-9a-f]{64}$/);
    assert.equal(readFileSync(join(kept, "data/train.jsonl"), "utf8"), FEW_ROWS);
    assert.match(
      readFileSync(join(kept, "Modelfile"), "utf8"),
      /SYSTEM """You are a helpful AI assistant named SmolLM/,
    );
  });

  test("another installation answers with it under the same name, also after kill -9 right behind the import", async () => {
    const first = await startServer({ folder: elsewhere });
    const imported = await perennial(first.url, "models", "import", kept);
    await first.kill();
    assert.equal(imported.code, 0, imported.err);
    await using second = await startServer({ folder: elsewhere });
    const client = clientOf(second);
    assert.equal((await client.models.retrieve(model)).id, model);
    assert.equal(await ask(client, model), said);
    assert.notEqual(await ask(client, BASE), said);
    const again = join(place, "again");
    assert.equal((await perennial(second.url, "models", "export", model, "-o", again)).code, 0);
    const sums = (folder: string) => readFileSync(join(folder, "SHA256SUMS"), "utf8");
    assert.equal(sums(again), sums(kept));
  });

  test("one damaged byte is found, its file named, and nothing is imported", async () => {
    const damaged = join(place, "damaged");
    cpSync(kept, damaged, { recursive: true });
    const file = openSync(join(damaged, "adapter.gguf"), "r+");
    writeSync(file, Buffer.from([0xaa]), 0, 1, 1_000_000);
    const verified = await perennial(null, "models", "verify", damaged);
    assert.equal(verified.code, 1);
    assert.match(verified.err, /adapter\.gguf is damaged/);
    assert.match(verified.out, /adapter\.gguf +\S+ MB +damaged/);
    await using server = await startServer();
    const imported = await perennial(server.url, "models", "import", damaged);
    assert.match(imported.err, /adapter\.gguf is damaged/);
    assert.equal((await clientOf(server).models.list()).data.length, 1);
  });
});
