import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { findVllm, vllmCommand } from "./command.ts";

function writeProgram(path: string, text: string): void {
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}

/** A folder with a Python that has the package or has it not, and the program `vllm`. */
function setUp(hasVllm: boolean) {
  const folder = mkdtempSync(join(tmpdir(), "perennial-vllm-"));
  const python = join(folder, "python");
  const program = join(folder, "vllm");
  writeProgram(python, `#!/bin/sh\nexit ${hasVllm ? 0 : 1}\n`);
  writeProgram(program, `#!${python}\n`);
  return { folder, python, program, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

test("the Python of vLLM is the one that was named, or that of the program that was", async () => {
  using made = setUp(true);
  assert.equal(await findVllm(made.python), made.python);
  assert.equal(await findVllm(made.program), made.python);
});

test("a program that a shell starts is run by the Python beside it", async () => {
  using made = setUp(true);
  writeProgram(made.program, "#!/bin/sh\nexec something\n");
  const link = join(made.folder, "link");
  symlinkSync(made.program, link);
  assert.equal(await findVllm(link), made.python);
});

test("a Python without the package, and a program that is not there, are one clear error", async () => {
  using made = setUp(false);
  await assert.rejects(findVllm(made.python), /There is no vLLM in .*python: PERENNIAL_VLLM takes/);
  await assert.rejects(findVllm(join(made.folder, "nothing")), /There is no vLLM in .*nothing/);
});

test("the key is no argument: all that vLLM is told goes by its input", () => {
  const base = { id: "base", gguf: "", hf: "/models/base", contextLength: 64 };
  const numbers = { slots: 1, adapters: 1, threads: 1, loraRank: 8 };
  const command = vllmCommand("/python", { base, apiKey: "a-key", ...numbers, extra: ["--x"] });
  assert.equal(command.args.length, 1);
  assert.equal(JSON.parse(command.input).api_key, "a-key");
});
