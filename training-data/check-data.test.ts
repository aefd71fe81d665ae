import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import type { Method } from "../contract/training.ts";
import { DataCheck } from "../contract/training-data.ts";
import { checkData } from "./check-data.ts";
import { checkFile } from "./check-file.ts";

const folder = mkdtempSync(join(tmpdir(), "perennial-check-"));
after(() => rmSync(folder, { recursive: true }));

let written = 0;
function fileOf(rows: readonly unknown[] | string) {
  written += 1;
  const path = join(folder, `${written}.jsonl`);
  const text = typeof rows === "string" ? rows : rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  writeFileSync(path, text);
  return { path, name: "file-abc" };
}

const check = (
  rows: readonly unknown[] | string,
  method: Method | null = null,
  validation?: readonly unknown[],
) => checkData({ training: fileOf(rows), validation: validation ? fileOf(validation) : null, method });

const chat = (question: string, answer: string) => ({
  messages: [
    { role: "user", content: question },
    { role: "assistant", content: answer },
  ],
});
const completion = (prompt: string, answer: string) => ({ prompt, completion: answer });
const pair = (question: string, preferred: string, other: string) => ({
  input: { messages: [{ role: "user", content: question }] },
  preferred_output: [{ role: "assistant", content: preferred }],
  non_preferred_output: [{ role: "assistant", content: other }],
});
const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
const chats = (count: number) => many(count, (index) => chat(`Question ${index}?`, `Answer ${index}.`));
const pairs = (count: number) =>
  many(count, (index) => pair(`Question ${index}?`, `Yes ${index}.`, `No ${index}.`));
const completions = (count: number) =>
  many(count, (index) => completion(`Question ${index}?`, `Answer ${index}.`));

const START = "The job failed due to an invalid training file. Invalid file format. ";
const MISMATCH = `${START}Input file file-abc is in the`;

/** Whole files: the method asked for, and how the job's error begins. */
const files: [string, readonly unknown[] | string, Method | null, string, string | RegExp][] = [
  [
    "chats for dpo",
    chats(10),
    "dpo",
    "invalid_training_file",
    `${MISMATCH} fine-tune-chat format, but the specified fine-tuning job is not using 'supervised' as the training method (provided method=dpo).`,
  ],
  [
    "completions for dpo",
    completions(10),
    "dpo",
    "invalid_training_file",
    `${MISMATCH} fine-tune-completion format, but the specified fine-tuning job is not using 'supervised' as the training method (provided method=dpo).`,
  ],
  [
    "pairs for supervised",
    pairs(10),
    "supervised",
    "invalid_training_file",
    `${MISMATCH} fine-tune-preference format, but the specified fine-tuning job is not using 'dpo' as the training method (provided method=supervised).`,
  ],
  [
    "nothing known",
    many(10, () => ({ text: "x" })),
    "supervised",
    "invalid_training_file",
    `${START}Unexpected file format, expected either prompt/completion pairs or chat messages.`,
  ],
  [
    "nothing known, for dpo",
    many(10, () => ({ text: "x" })),
    "dpo",
    "invalid_training_file",
    `${START}Example 1 is missing key 'input' (line 1).`,
  ],
  [
    "one row of nothing known",
    [...chats(9), { text: "x" }],
    "supervised",
    "invalid_training_file",
    `${START}Example 10 is missing key 'messages' (line 10).`,
  ],
  [
    "one row of nothing known among completions",
    [...completions(9), {}],
    null,
    "invalid_training_file",
    `${START}Example 10 is missing key 'prompt' (line 10).`,
  ],
  [
    "one row of nothing known among pairs",
    [...pairs(9), {}],
    null,
    "invalid_training_file",
    `${START}Example 10 is missing key 'input' (line 10).`,
  ],
  [
    "chats with a pair",
    [...chats(10), ...pairs(1)],
    null,
    "invalid_training_file",
    `${START}Example 11 is a preference pair, but the file holds chat messages since example 1 (line 11).`,
  ],
  [
    "pairs with completions",
    [{}, ...pairs(10), ...completions(2)],
    "dpo",
    "invalid_training_file",
    /Example 1 is missing key 'input' \(line 1\)\. .*3 problems in all.*mixed_formats ×2 \(lines 12-13\)/,
  ],
  [
    "seven rows",
    chats(7),
    "supervised",
    "invalid_n_examples",
    "Training file has 7 example(s), but must have at least 10 examples",
  ],
  [
    "seven pairs",
    pairs(7),
    "dpo",
    "invalid_n_examples",
    "Training file has 7 example(s), but must have at least 10 examples",
  ],
  [
    "nothing at all",
    "",
    null,
    "invalid_n_examples",
    "Training file has 0 example(s), but must have at least 10 examples",
  ],
  [
    "no JSON",
    "{oops\n",
    null,
    "invalid_training_file",
    `${START}Expected file to have JSONL format, where every line is a valid JSON dictionary. Line starts with: {oops (line 1: `,
  ],
  [
    "an empty line",
    `${JSON.stringify(chat("q", "a"))}\n\n`,
    null,
    "invalid_training_file",
    /\(line 2: the line is empty; delete it\)/,
  ],
  [
    "a byte-order mark",
    "\uFEFF{}\n",
    null,
    "invalid_training_file",
    /\(line 1: the file begins with a byte-order mark/,
  ],
  [
    "an array",
    "[1]\n",
    null,
    "invalid_training_file",
    /\(line 1: this is an array; write one JSON object a line\)/,
  ],
  [
    "a JSON too deep",
    `${"[".repeat(65)}${"]".repeat(65)}\n`,
    null,
    "invalid_training_file",
    /\(line 1: it is nested deeper than 64 levels\)/,
  ],
];
for (const [what, rows, method, code, message] of files) {
  test(`a file of ${what} is refused in OpenAI's words${method ? ` for the method ${method}` : ""}`, async () => {
    const { error, passes } = DataCheck.parse(await check(rows, method));
    assert.deepEqual([passes, error?.code, error?.param], [false, code, "training_file"]);
    if (typeof message === "string") assert.equal(error?.message.slice(0, message.length), message);
    else assert.match(error?.message ?? "", message);
  });
}

test("the format gives the method, and the rows are counted", async () => {
  for (const [rows, format, method] of [
    [chats(10), "chat", "supervised"],
    [completions(11), "completion", "supervised"],
    [pairs(12), "preference", "dpo"],
  ] as const) {
    const checked = DataCheck.parse(await check(rows));
    assert.deepEqual([checked.passes, checked.training.format, checked.method], [true, format, method]);
    assert.deepEqual([checked.training.rows, checked.training.warnings], [rows.length, []]);
  }
});

test("a validation file needs one row, of the method's format", async () => {
  const few = await check(chats(10), null, [chat("another", "one")]);
  assert.equal(few.passes, true);
  const none = await check(chats(10), null, []);
  assert.deepEqual([none.error?.code, none.error?.param], ["invalid_n_examples", "validation_file"]);
  const { error } = await check(chats(10), null, pairs(1));
  assert.deepEqual([error?.code, error?.param], ["invalid_validation_file", "validation_file"]);
  assert.match(
    error?.message ?? "",
    /^The job failed due to an invalid validation file\. Invalid file format\. Input file/,
  );
});

test("every problem of every row is listed with its line, its place and what to do", async () => {
  const bad = { messages: [{ role: "user" }, { content: "x" }] };
  const { training, error } = await check([...chats(3), bad, ...chats(2), bad, bad]);
  assert.deepEqual(
    training.problems.map(({ line, param }) => [line, param]),
    [4, 7, 8].flatMap((line) => [
      [line, "messages[0].content"],
      [line, "messages[1].role"],
    ]),
  );
  assert.deepEqual(
    training.problem_groups.map(({ code, count, lines }) => [code, count, lines]),
    [
      ["missing_content", 3, "4, 7-8"],
      ["missing_role", 3, "4, 7-8"],
    ],
  );
  for (const { fix } of training.problems) assert.ok(fix.endsWith("."));
  assert.match(
    error?.message ?? "",
    /^The job .*Example 4, message 1 is missing key 'content' \(line 4\)\. Give the message/,
  );
});

test("of very many problems all are counted and their lines kept, and the list stays bounded", async () => {
  const { training } = await check(many(15_000, () => ({ messages: [] })));
  assert.deepEqual([training.problem_count, training.problems.length], [15_000, 10_000]);
  assert.deepEqual(
    training.problem_groups.map(({ lines }) => lines),
    ["1-15000"],
  );
});

test("what is said of a file does not depend on where it is cut into chunks", async () => {
  const row = fc.oneof(
    fc.constantFrom<unknown>(...chats(2), ...pairs(1), { messages: [{ role: "user" }] }, {}, 7),
    fc.string({ unit: "grapheme" }).map((text) => chat(text, `${text} é`)),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { maxLength: 12 }),
      fc.integer({ min: 1, max: 50 }),
      async (rows, chunkBytes) => {
        const { path, name } = fileOf(rows);
        const [whole, cut] = await Promise.all([
          checkFile(path, { method: null, name }),
          checkFile(path, { method: null, name, chunkBytes }),
        ]);
        assert.deepEqual(cut.report, whole.report);
        rmSync(path);
      },
    ),
    { numRuns: 40 },
  );
});

test("a check ends when it is asked to", async () => {
  const training = fileOf(chats(10));
  const request = { training, validation: null, method: null, signal: AbortSignal.abort() };
  await assert.rejects(checkData(request), { name: "AbortError" });
});
