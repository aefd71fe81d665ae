import assert from "node:assert/strict";
import { test } from "node:test";
import { causes } from "./causes.ts";

const invalid = "pydantic_core.ValidationError: 1 validation error for VllmConfig";
const rank = "api_server.py: error: argument --max-lora-rank: invalid choice: 7";

const cases: [string, string[], string[]][] = [
  [
    "a worker's error, which two other processes pass on",
    [
      '(Worker pid=13001) ERROR 11-26 09:04:16 [multiproc_executor.py:1063]   File "punica_cpu.py", line 9',
      "(Worker pid=13001) ERROR 11-26 09:04:16 [multiproc_executor.py:1063] TypeError: run() got an argument",
      "(Worker pid=13001) ERROR 11-26 09:04:16 [multiproc_executor.py:1063] TypeError: run() got an argument",
      "(EngineCore pid=11340) ERROR 11-26 09:04:16 [core.py:1512] RuntimeError: Engine core initialization failed.",
      "(APIServer pid=9614) vllm.v1.engine.exceptions.EngineDeadError: EngineCore encountered an issue.",
      "[rank0]:[W1126] some words after it",
    ],
    ["TypeError: run() got an argument"],
  ],
  ["arguments that it does not take", ["usage: api_server.py", rank], [rank]],
  ["a setting that it cannot use", [invalid, "  Value error, no int"], [invalid, "Value error, no int"]],
  ["no error that is known: the last words", ["one", "two"], ["one", "two"]],
];
for (const [what, lines, told] of cases) {
  test(`what vLLM says before it ends is told by its causes: ${what}`, () => {
    assert.deepEqual(causes(lines), told);
  });
}
