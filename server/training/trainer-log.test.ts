import assert from "node:assert/strict";
import { closeSync, mkdtempSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openTrainerLog } from "./trainer-log.ts";

function append(folder: string, text: string): string {
  const fd = openTrainerLog(folder);
  writeSync(fd, text);
  closeSync(fd);
  return readFileSync(join(folder, "trainer.log"), "utf8");
}

test("a log is appended to, and cut to its last whole lines once it is long", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "perennial-log-"));
  t.after(() => rmSync(folder, { recursive: true }));
  assert.equal(append(folder, "first\n"), "first\n");
  assert.equal(append(folder, "second\n"), "first\nsecond\n");
  const line = "é".repeat(40);
  writeFileSync(join(folder, "trainer.log"), `${line}\n`.repeat(60_000));
  const lines = append(folder, "third\n").split("\n");
  assert.ok(lines.length > 12_000 && lines.length < 13_000, `${lines.length} lines`);
  assert.deepEqual(lines.splice(-2), ["third", ""]);
  assert.ok(lines.every((one) => one === line));
});
