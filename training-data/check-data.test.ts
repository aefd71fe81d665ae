import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, test } from "node:test";
import fc from "fast-check";
import { DataCheck } from "../contract/training-data.ts";
import { checkData } from "./check-data.ts";
import { checkFile } from "./check-file.ts";
import { chat, chats, check, completions, fileOf, many, pairs, removeFiles } from "./fixtures/data-files.ts";

after(removeFiles);

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

test("what is wrong with the file as a whole comes first, however many rows are wrong", async () => {
  const { training, error } = await check(
    many(10_001, () => ({ text: "x" })),
    "supervised",
  );
  assert.deepEqual(
    [training.problems[0]?.line, training.problems.length, training.problem_count],
    [null, 10_001, 10_002],
  );
  assert.match(error?.message ?? "", /Unexpected file format, expected either/);
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

test("a line in another encoding than UTF-8 is named, and the others are read", async () => {
  const rows = chats(9).map((row) => `${JSON.stringify(row)}\n`);
  const bytes = Buffer.concat([
    Buffer.from(rows.join("")),
    Buffer.from(`${JSON.stringify(chat("Größe?", "Klein."))}\n`, "latin1"),
  ]);
  const { report } = await checkFile(fileOf(bytes).path, { method: null, name: "x" });
  assert.deepEqual([report.rows, report.format, report.problems.length], [10, "chat", 1]);
  assert.match(
    report.problems[0]?.message ?? "",
    /\(line 10: the text is not UTF-8; save the file as UTF-8\)$/,
  );
});

test("a check ends when it is asked to", async () => {
  const training = fileOf(chats(10));
  const request = { training, validation: null, method: null, signal: AbortSignal.abort() };
  await assert.rejects(checkData(request), { name: "AbortError" });
});
