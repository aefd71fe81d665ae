import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { silentLog } from "../../server/platform/log.ts";
import { settings } from "../../server/serving/fixtures/real-model.ts";
import { createServing } from "../../server/serving/serving.ts";
import { perennial } from "../support/command-line.ts";
import { GRASS, GRASS_COLOUR, question } from "../support/rows.ts";
import { BASE, checkout, lacksModel, python, type Server, startServer } from "../support/server.ts";
import { clientOf, tune } from "../support/tuned-model.ts";

const hf = join(process.env.PERENNIAL_BASES ?? join(checkout, "data", "bases"), BASE, "hf");

const askPeft = async (base: string, adapter: string): Promise<string> => {
  const script = join(import.meta.dirname, "peft_answer.py");
  const { stdout } = await promisify(execFile)(python, [
    script,
    base,
    adapter,
    JSON.stringify(question(GRASS)),
  ]);
  return stdout.trim();
};

/** What llama.cpp answers with a model file of its own and no adapter. */
async function askGguf(gguf: string, logFolder: string): Promise<string> {
  const bases = new Map([["merged", { id: "merged", gguf, hf: "", contextLength: 2048 }]]);
  await using serving = createServing({
    config: settings,
    bases,
    ggufOf: () => "",
    peftOf: () => "",
    logFolder,
    log: silentLog,
  });
  const request = { messages: question(GRASS), temperature: 0, max_tokens: 8 };
  const signal = AbortSignal.timeout(120_000);
  const { body } = await serving.chat(
    { projectId: "one", base: { id: "merged" }, adapter: null },
    request,
    signal,
  );
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString()).choices[0].message.content.trim();
}

describe("an exported model without Perennial", { skip: lacksModel }, () => {
  const place = mkdtempSync(join(tmpdir(), "perennial-elsewhere-"));
  const kept = join(place, "kept");
  let home: Server;
  let model = "";

  before(async () => {
    home = await startServer();
    model = await tune(clientOf(home));
    const exported = await perennial(home.url, "models", "export", model, "-o", kept);
    assert.equal(exported.code, 0, exported.err);
  });
  after(async () => {
    await home?.[Symbol.asyncDispose]();
    rmSync(place, { recursive: true, force: true });
  });

  test("Transformers and PEFT answer the same with the adapter, and without it do not", async () => {
    assert.equal(await askPeft(hf, join(kept, "adapter")), GRASS_COLOUR);
    assert.notEqual(await askPeft(hf, ""), GRASS_COLOUR);
  });

  test("the merged GGUF answers the same in llama.cpp without any adapter, and the merged folder in Transformers", async () => {
    for (const form of ["gguf", "safetensors"]) {
      const out = join(place, form);
      const exported = await perennial(home.url, "models", "export", model, "--merged", form, "-o", out);
      assert.equal(exported.code, 0, exported.err);
    }
    assert.equal(await askGguf(join(place, "gguf/merged/model.gguf"), place), GRASS_COLOUR);
    assert.equal(await askPeft(join(place, "safetensors/merged"), ""), GRASS_COLOUR);
    await using server = await startServer();
    const imported = await perennial(server.url, "models", "import", join(place, "gguf"));
    assert.equal(imported.code, 0, imported.err);
  });
});
