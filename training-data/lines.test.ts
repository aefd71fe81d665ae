import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { MAX_LINE_BYTES } from "./jsonl.ts";
import { readLines } from "./lines.ts";

const folder = mkdtempSync(join(tmpdir(), "perennial-lines-"));
after(() => rmSync(folder, { recursive: true }));

async function linesOf(content: string | Buffer, chunkBytes?: number): Promise<(string | null)[]> {
  const path = join(folder, "file");
  writeFileSync(path, content);
  await using handle = await open(path, "r");
  const texts: (string | null)[] = [];
  for await (const lines of readLines(handle, chunkBytes === undefined ? {} : { chunkBytes })) {
    for (const { number, bytes } of lines) {
      assert.equal(number, texts.length + 1);
      texts.push(bytes?.toString() ?? null);
    }
  }
  return texts;
}

test("the lines are the text split at newlines, whatever the text and wherever it is cut into chunks", async () => {
  const line = fc.stringMatching(/^[a-zé€\u{1F600}"\\{} \r]*$/u);
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 30 }),
      fc.integer({ min: 1, max: 40 }),
      async (lines, chunk) => {
        const text = lines.map((one) => `${one}\n`).join("");
        assert.deepEqual(await linesOf(text, chunk), lines);
      },
    ),
    { numRuns: 60 },
  );
});

test("a last line without a newline counts", async () => {
  assert.deepEqual(await linesOf("a\nb"), ["a", "b"]);
  assert.deepEqual(await linesOf("a\n\n"), ["a", ""]);
  assert.deepEqual(await linesOf(""), []);
});

test("lines longer than a chunk come whole", async () => {
  const long = "x".repeat(700_000);
  assert.deepEqual(await linesOf(`${long}\nshort\n${long}`), [long, "short", long]);
});

test("a line too long to keep is told by its number, and those after it are read", async () => {
  const most = "x".repeat(MAX_LINE_BYTES);
  assert.deepEqual(await linesOf(`a\n${most}y\nb\n${most}\n${most}y`), ["a", null, "b", most, null]);
});

test("reading ends when it is asked to", async () => {
  writeFileSync(join(folder, "file"), "a\nb\n");
  await using handle = await open(join(folder, "file"), "r");
  const lines = readLines(handle, { signal: AbortSignal.abort() });
  await assert.rejects(lines.next(), { name: "AbortError" });
});
