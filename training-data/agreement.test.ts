import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { fileOf, removeFiles } from "./fixtures/data-files.ts";
import { chatRows, completionRows, pairRows } from "./fixtures/random-rows.ts";
import { type Dictionary, isDictionary } from "./jsonl.ts";
import { findRowProblems, formatOf } from "./row-rules.ts";
import { createTokens } from "./tokens.ts";

after(removeFiles);

const checkout = join(import.meta.dirname, "..");
const python = join(checkout, ".venv", "bin", "python");
const hf = join(checkout, "data", "bases", "smollm2-135m-instruct", "hf");
const lacksModel = existsSync(hf) && existsSync(python) ? false : "run `npm run setup` first: no base model";
const lacksPairs = existsSync(join(checkout, "trainer", "trainer", "pairs.py"))
  ? lacksModel
  : "the trainer reads chats only";

const isGood = (row: Dictionary) => {
  const format = formatOf(row);
  return format !== null && findRowProblems(row, 1, { format }).length === 0;
};

for (const [name, rows, skip] of [
  ["chats", chatRows, lacksModel],
  ["preference pairs", pairRows, lacksPairs],
  ["completions", completionRows, lacksPairs],
] as const) {
  test(`the trainer can read whatever the rules let pass: ${name}`, { skip }, async () => {
    const sample: readonly unknown[] = fc.sample<unknown>(rows, 2000);
    const good = sample.filter((row) => isDictionary(row) && isGood(row));
    assert.ok(good.length > 50, `${good.length} good rows`);
    const tokens = createTokens({ python, trainerFolder: join(checkout, "trainer"), env: process.env });
    const base = { id: "base", path: hf, contextLength: 8192 };
    const counted = await tokens.count(base, fileOf(good).path, { seconds: null });
    assert.deepEqual(
      [counted?.summary.rows, counted?.summary.unreadable_rows, counted?.error],
      [good.length, 0, null],
    );
  });
}
