import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { readLines } from "./lines.ts";

const folder = mkdtempSync(join(tmpdir(), "perennial-lines-"));
after(() => rmSync(folder, { recursive: true }));

async function linesOf(content: string | Buffer): Promise<string[]> {
  const path = join(folder, "file");
  writeFileSync(path, content);
  await using handle = await open(path, "r");
  const lines: string[] = [];
  for await (const line of readLines(handle)) {
    assert.equal(line.number, lines.length + 1);
    lines.push(line.bytes.toString());
  }
  return lines;
}

test("the lines are the text split at newlines, whatever the text", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.stringMatching(/^[a-zé€\u{1F600}"\\{} ]*$/u), { maxLength: 50 }),
      async (lines) => {
        const text = lines.map((line) => `${line}\n`).join("");
        assert.deepEqual(await linesOf(text), lines);
      },
    ),
    { numRuns: 60 },
  );
});

test("a last line without a newline counts", async () => {
  assert.deepEqual(await linesOf("a\nb"), ["a", "b"]);
});

test("lines longer than a chunk come whole", async () => {
  const long = "x".repeat(700_000);
  assert.deepEqual(await linesOf(`${long}\nshort\n${long}`), [long, "short", long]);
});

test("a line without end is refused before it fills the memory", async () => {
  await assert.rejects(linesOf(Buffer.alloc(33 * 1024 * 1024, "x")), /Line 1 is longer than 32 MiB/);
});
