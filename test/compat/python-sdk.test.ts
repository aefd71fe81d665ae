import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { trainingJsonl } from "../support/rows.ts";
import { BASE, lacksModel, PROJECT_KEY, python, startServer } from "../support/server.ts";

const run = promisify(execFile);

test("the openai package for Python, in strict mode, tunes and uses a model", {
  skip: lacksModel,
}, async () => {
  await using server = await startServer();
  const path = join(server.folder, "train.jsonl");
  writeFileSync(path, trainingJsonl(18));
  const script = join(import.meta.dirname, "python_sdk.py");
  const { stdout } = await run(python, [script, `${server.url}/v1`, PROJECT_KEY, path, BASE], {
    timeout: 300_000,
  });
  assert.equal(stdout.trim(), "ok");
});
