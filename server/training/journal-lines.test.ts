import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createLineReader } from "./journal-lines.ts";

const folder = mkdtempSync(join(tmpdir(), "perennial-lines-"));
after(() => rmSync(folder, { recursive: true }));
const MIB = 1024 * 1024;

async function readAll(path: string) {
  await using handle = await open(path, "r");
  const read = createLineReader(0);
  const lines: { text: string; to: number }[] = [];
  for (let found = await read(handle); found; found = await read(handle)) lines.push(...found);
  return lines;
}

test("a line of many megabytes is passed over, and those around it are read", async () => {
  const path = join(folder, "long");
  writeFileSync(path, "one\n");
  for (let count = 0; count < 8; count += 1) appendFileSync(path, "x".repeat(MIB));
  appendFileSync(path, "\ntwo\n");
  assert.deepEqual(await readAll(path), [
    { text: "one", to: 4 },
    { text: "two", to: 4 + 8 * MIB + 1 + 4 },
  ]);
});

test("megabytes without a newline are read once and not kept", async () => {
  const path = join(folder, "endless");
  const piece = "x".repeat(4 * MIB);
  for (let count = 0; count < 12; count += 1) appendFileSync(path, piece);
  await using handle = await open(path, "r");
  const read = createLineReader(0);
  const before = process.memoryUsage();
  for (let found = await read(handle); found; found = await read(handle)) assert.deepEqual(found, []);
  const grown = process.memoryUsage().arrayBuffers - before.arrayBuffers;
  assert.ok(grown < 16 * MIB, `${grown} bytes are kept of ${12 * piece.length}`);
  appendFileSync(path, "\nend\n");
  assert.deepEqual(
    (await read(handle))?.map(({ text }) => text),
    ["end"],
  );
});
