import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Method } from "../contract/training.ts";
import { DataCheck } from "../contract/training-data.ts";
import { chat, chats, check, completions, many, pairs, removeFiles } from "./fixtures/data-files.ts";

after(removeFiles);

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
    "a row that ends in a comma",
    `${JSON.stringify(chat("q", "a"))},\n`,
    null,
    "invalid_training_file",
    /\(line 1: at character \d+, a comma follows the object; delete it\) Write every row/,
  ],
  [
    "zeros",
    "\0\0\x1b[2J\n",
    null,
    "invalid_training_file",
    `${START}Expected file to have JSONL format, where every line is a valid JSON dictionary. Line starts with: \\u0000\\u0000\\u001b[2J (line 1: it holds zero bytes, as UTF-16 and binary files do; save the file as UTF-8) `,
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
    /\(line 1: the line begins with a byte-order mark/,
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
const UNEXPECTED = `${START}Unexpected file format, expected either prompt/completion pairs or chat messages. `;
/** Rows that other programs write: what the file's error and the first row's sentence go on with. */
const foreign: [string, unknown, string][] = [
  [
    "ShareGPT",
    { id: "1", conversations: [{ from: "human", value: "q" }] },
    "It looks like ShareGPT's: rename",
  ],
  ["Alpaca", { instruction: "i", input: "", output: "o" }, "It looks like Alpaca's: write"],
  ["TRL", { prompt: "q", chosen: "a", rejected: "b" }, "It looks like a pair of TRL's: write"],
  ["TRL with messages", { chosen: [], rejected: [] }, "It looks like a pair of TRL's: write"],
  ["Gemini", { contents: [] }, "It looks like Gemini's: write"],
  ["a batch", { custom_id: "1", method: "POST", url: "/", body: {} }, "It is a batch's request: write"],
  ["stored completions", { id: "1", choices: [] }, "It is an answer of the API: write"],
  ["LangSmith", { inputs: {}, outputs: {} }, "It looks like a run of LangSmith's: write"],
  ["Braintrust", { input: { q: "x" }, expected: "a" }, "It looks like a row of an evaluation: write"],
  ["text", { text: "<|im_start|>user" }, "It is text alone: write"],
  ["another spelling", { Messages: [] }, 'Rename "Messages" to "messages"'],
  ["a wrapper", { data: { messages: [] } }, 'Write what "data" holds as the row itself'],
];
for (const [what, row, advice] of foreign) {
  test(`a file of rows of ${what} is refused with how to write them`, async () => {
    const { error, training } = DataCheck.parse(
      await check(
        many(10, () => row),
        null,
      ),
    );
    assert.equal(error?.message.slice(0, UNEXPECTED.length + advice.length), UNEXPECTED + advice);
    const [, first] = training.problems;
    assert.equal(first?.message, "Example 1 is missing key 'messages'.");
    assert.equal(first.fix.slice(0, advice.length), advice);
  });
}

for (const [what, rows, method, code, message] of files) {
  test(`a file of ${what} is refused in OpenAI's words${method ? ` for the method ${method}` : ""}`, async () => {
    const { error, passes } = DataCheck.parse(await check(rows, method));
    assert.deepEqual([passes, error?.code, error?.param], [false, code, "training_file"]);
    if (typeof message === "string") assert.equal(error?.message.slice(0, message.length), message);
    else assert.match(error?.message ?? "", message);
  });
}

test("that a file has too few rows is told beside what is wrong in them", async () => {
  const { error } = DataCheck.parse(await check([...chats(3), {}], null));
  assert.equal(error?.code, "invalid_training_file");
  assert.match(
    error?.message ?? "",
    /^The job failed .*\(line 4\).* has 4 example\(s\), but must have at least 10 examples\.$/,
  );
});
