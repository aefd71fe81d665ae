import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createTestTerminal } from "../test-terminal.ts";

const folder = mkdtempSync(join(tmpdir(), "perennial-cli-bases-"));
after(() => rmSync(folder, { recursive: true }));
const source = join(folder, "Some Model-0.6B");
mkdirSync(source);

const BASE = {
  ...{ id: "some-model-0.6b", format: "safetensors", gguf: "model.gguf", hf: "hf" },
  ...{ context_length: 8192, parameters: 596049920, license: "apache-2.0", created: 1 },
};

/** A trainer that prints these lines, and its arguments to a file. */
function terminalWith(lines: readonly object[], code = 0) {
  const python = join(folder, "python");
  const text = lines.map((line) => JSON.stringify(line)).join("\n");
  writeFileSync(
    python,
    `#!/bin/sh\necho "$@" > ${folder}/arguments\ncat <<'END'\n${text}\nEND\nexit ${code}\n`,
  );
  chmodSync(python, 0o755);
  return createTestTerminal({
    environment: { PERENNIAL_BASES: join(folder, "bases"), PERENNIAL_TRAINER_PYTHON: python },
  });
}

const progress = [
  { doing: "finding how its text becomes tokens", done: 0, total: 1 },
  { warning: "something is odd." },
  { doing: "writing its weights for llama.cpp", done: 5, total: 5 },
];

test("a base is made with its progress, and what to do next is said", async () => {
  const terminal = terminalWith([...progress, { base: BASE }]);
  const { code, out, err } = await terminal("bases", "add", source);
  assert.equal(code, 0);
  assert.match(err, /100% {2}writing its weights for llama\.cpp/);
  assert.match(err, /Warning: something is odd\./);
  assert.match(out, /some-model-0\.6b[\s\S]*596,049,920[\s\S]*8,192 tokens/);
  assert.match(err + out, /perennial chat some-model-0\.6b "Hello"/);
  const asJson = await terminal("bases", "add", source, "--json");
  assert.deepEqual(JSON.parse(asJson.out), BASE);
});

test("what the trainer refuses is the command's error", async () => {
  const terminal = terminalWith([{ refused: "It holds a gemma3 model; others can be tuned." }]);
  const { code, err } = await terminal("bases", "add", source);
  assert.deepEqual([code, err], [1, "It holds a gemma3 model; others can be tuned.\n"]);
});

test("a trainer that ends early is an error with its last words", async () => {
  const { code, err } = await terminalWith(progress, 3)("bases", "add", source);
  assert.equal(code, 1);
  assert.match(err, /The base could not be made: exit code 3/);
});

test("mistakes are told before anything is begun", async () => {
  const terminal = terminalWith([{ base: BASE }]);
  mkdirSync(join(folder, "bases", "taken"), { recursive: true });
  for (const [args, sentence] of [
    [[join(folder, "nowhere")], /There is no folder .*nowhere/],
    [[source, "--id", "Some Model"], /'Some Model' is no name for a base/],
    [[source, "--id", "taken"], /There is a base taken already/],
    [[source, "--type", "q4_0"], /No type 'q4_0': use one of q8_0, f16, f32/],
    [[source, "--context-length", "0"], /whole number from 1/],
  ] as const) {
    const { code, err } = await terminal("bases", "add", ...args);
    assert.notEqual(code, 0);
    assert.match(err, sentence);
  }
});
