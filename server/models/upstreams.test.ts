import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readUpstreamModels } from "./upstreams.ts";

function read(yaml: string | null, environment: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), "perennial-upstreams-"));
  try {
    const file = join(folder, "upstreams.yaml");
    if (yaml !== null) writeFileSync(file, yaml);
    writeFileSync(join(folder, "key"), "sk-in-a-file\n");
    return readUpstreamModels({ file, environment }, new Set(["smollm2-135m-instruct"]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const upstream = (more: string) => `upstreams:\n  - name: acme\n    url: https://acme.example/v1/\n${more}`;

test("without the file there are no upstreams", () => {
  assert.equal(read(null).size, 0);
});

test("models have the name that callers use, and the one that the upstream knows", () => {
  const models = read(
    upstream(
      "    api_key_env: ACME_KEY\n    models:\n      fast: { model: acme-fast-1, context_length: 9 }\n      slow:\n",
    ),
    { ACME_KEY: "sk-acme" },
  );
  const [fast, slow] = [models.get("fast"), models.get("slow")];
  assert.deepEqual([fast?.model, fast?.contextLength, fast?.owner], ["acme-fast-1", 9, "acme"]);
  assert.deepEqual([slow?.model, slow?.contextLength], ["slow", 128_000]);
  assert.equal(fast?.server, slow?.server);
  assert.deepEqual(fast?.server, {
    name: "acme",
    url: "https://acme.example/v1",
    apiKey: "sk-acme",
    concurrency: 64,
  });
});

test("a key is read from a file beside it", () => {
  const models = read(upstream("    api_key_file: key\n    models: { fast: }\n"));
  assert.equal(models.get("fast")?.server.apiKey, "sk-in-a-file");
});

for (const [problem, yaml, says] of [
  ["no YAML", "upstreams: [", /is no YAML/],
  ["no list", "upstreams: 3", /upstreams: .*array/],
  [
    "a word that it does not know",
    `${upstream("    models: { fast: }")}\n    keys: 1`,
    /upstreams\.0: .*keys/,
  ],
  ["no models", upstream("    models: {}"), /at least one model/],
  [
    "a URL of another kind",
    "upstreams: [{ name: a, url: 'file:///etc', models: { m: } }]",
    /upstreams\.0\.url: expected a URL/,
  ],
  [
    "a password in the URL",
    "upstreams: [{ name: a, url: 'http://u:p@h/v1', models: { m: } }]",
    /without a user/,
  ],
  ["two keys", upstream("    api_key_env: A\n    api_key_file: b\n    models: { fast: }"), /not both/],
  [
    "a key that is not set",
    upstream("    api_key_env: ACME_KEY\n    models: { fast: }"),
    /ACME_KEY, which is not set/,
  ],
  [
    "a key file that is not there",
    upstream("    api_key_file: nowhere\n    models: { fast: }"),
    /nowhere cannot be read/,
  ],
  ["the name of a base", upstream("    models: { smollm2-135m-instruct: }"), /another model smollm2/],
  ["the name of a tuned model", upstream("    models: { 'ft:a:b': }"), /another model ft:a:b/],
] as const) {
  test(`a file with ${problem} stops the server with one sentence`, () => {
    assert.throws(() => read(yaml), says);
  });
}
