import assert from "node:assert/strict";
import { test } from "node:test";
import { checkStream, type LocalCheck } from "./check-stream.ts";

const good = (index: number) =>
  JSON.stringify({
    messages: [
      { role: "user", content: `Question ${index}, très grande` },
      { role: "assistant", content: `Answer ${index}` },
    ],
  });

/** The text in pieces of some bytes, so that lines and characters are cut anywhere. */
function fileOf(text: string | Uint8Array, pieceBytes = 7) {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const pieces = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, index) =>
    bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes),
  );
  return { size: bytes.length, stream: () => ReadableStream.from(pieces) };
}

const check = (text: string | Uint8Array) => checkStream(fileOf(text), () => {});

test("a file without fault is read to its end, wherever its bytes are cut", async () => {
  const text = Array.from({ length: 30 }, (_, index) => good(index)).join("\n");
  const { report, readBytes, isDone, rows } = await check(text);
  assert.equal(isDone, true);
  assert.equal(readBytes, Buffer.byteLength(text));
  assert.deepEqual([report.rows, report.format, report.problem_count], [30, "chat", 0]);
  assert.equal(rows.size, 0);
});

test("each problem has its line, and the row's text is kept to show it", async () => {
  const noRole = '{"messages": [{"content": "Hi"}]}';
  const { report, rows } = await check([good(1), noRole, "{broken", "", good(2)].join("\n"));
  assert.deepEqual(
    report.problems.map(({ line, code }) => [line, code]),
    [
      [2, "missing_role"],
      [3, "invalid_jsonl"],
      [4, "invalid_jsonl"],
    ],
  );
  assert.equal(rows.get(2), noRole);
  assert.equal(rows.get(3), "{broken");
});

test("bytes that are no UTF-8, and a mark at the beginning, are told as such", async () => {
  const latin = new Uint8Array([...new TextEncoder().encode(`${good(1)}\n{"a": "`), 0xe9, 0x22, 0x7d]);
  assert.match((await check(latin)).report.problems[0]?.message ?? "", /not UTF-8/);
  assert.match((await check(`\uFEFF${good(1)}`)).report.problems[0]?.message ?? "", /byte-order mark/);
});

test("of a file where all is wrong the first hundred problems are listed and all are counted", async () => {
  const { report, rows } = await check("{}\n".repeat(500));
  // One more is about the file as a whole.
  assert.equal(report.problem_count, 501);
  assert.equal(report.problems.length, 100);
  assert.equal(rows.size, 100);
});

test("what is found is told while the file is read", async () => {
  const told: LocalCheck[] = [];
  let time = 0;
  const clock = () => (time += 1000);
  const file = fileOf(`{}\n${good(1)}\n${good(2)}\n`, 40);
  await checkStream(file, (one) => told.push(one), clock);
  assert.ok(told.length > 2);
  assert.deepEqual([told[0]?.isDone, told[0]?.report.problem_count, told[0]?.readBytes], [false, 1, 40]);
});
