import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readBases } from "./bases.ts";

const rest = { format: "gguf", license: "Apache-2.0", created: 900 };
const manifest = (id: string) =>
  JSON.stringify({ id, gguf: "model.gguf", hf: "hf", context_length: 2048, parameters: 1000, ...rest });

test("a base whose file says no license is a base", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "perennial-bases-"));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, "free"));
  const unknown = JSON.stringify({ ...JSON.parse(manifest("free")), license: null });
  writeFileSync(join(folder, "free", "base.json"), unknown);
  assert.equal(readBases(folder).get("free")?.license, undefined);
});

test("a broken base.json takes its own base away and no other, and is named", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "perennial-bases-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const files = { cut: '{"id": "cut"', empty: "", lacking: '{"id": "lacking"}', whole: manifest("whole") };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "base.json"), text);
  }
  mkdirSync(join(folder, "unfinished"));
  mkdirSync(join(folder, ".whole.partial"));
  writeFileSync(join(folder, ".whole.partial", "base.json"), manifest("written-aside"));
  const warned: unknown[] = [];
  const bases = readBases(folder, (facts) => warned.push("file" in facts && facts.file));
  assert.deepEqual([...bases.keys()], ["whole"]);
  assert.deepEqual(
    warned,
    ["cut", "empty", "lacking"].map((name) => join(folder, name, "base.json")),
  );
});
