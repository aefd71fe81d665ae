import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createFakePython } from "../../server/estimates/fixtures/fake-python.ts";
import { createTestApp, type TestApp, tenRows } from "../../server/test-app.ts";
import { createTestTerminal } from "../test-terminal.ts";

const terminalOf = (app: TestApp, interrupt?: AbortSignal) =>
  createTestTerminal({
    fetch: async (url, init) => app.app.request(String(url), init),
    ...(interrupt ? { interrupt } : {}),
  });

function trainingFile() {
  const folder = mkdtempSync(join(tmpdir(), "perennial-cli-"));
  const path = join(folder, "train.jsonl");
  writeFileSync(path, tenRows);
  return { path, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

const GB = 1e9;
const roomy = { readMemory: () => ({ totalBytes: 16 * GB, availableBytes: 8 * GB }) };
const estimate = (path: string) => ["jobs", "estimate", "--model", "tiny-base", "--file", path];

test("an estimate is a page for people, and what the server said for programs", async () => {
  using python = createFakePython();
  await using app = await createTestApp({ environment: python.environment, parts: roomy });
  using file = trainingFile();
  const { code, out, err } = await terminalOf(app)(...estimate(file.path), "--epochs", "3");
  assert.equal(code, 0, err);
  assert.match(out, /^steps +15 \(3 epochs, batch size 2\)$/m);
  assert.match(out, /^trained tokens +300$/m);
  assert.match(out, /^time +1 min 09 s$/m);
  assert.match(out, /^ +training +1 min 00 s$/m);
  assert.doesNotMatch(out, /validation/);
  assert.match(out, /^memory +2\.0 GB at its peak; 8\.0 GB of 16 GB can be had now$/m);
  assert.match(err, /`perennial jobs create --file file-\w+` and the same other options\.$/m);
  assert.equal(python.spec().hyperparameters.n_epochs, 3);
  const json = await terminalOf(app)(...estimate(file.path), "--json");
  assert.equal(JSON.parse(json.out).object, "perennial.job_estimate");
  assert.equal(json.err, "");
});

test("warnings and a lack of memory are told", async () => {
  using python = createFakePython("sampled");
  const parts = { readMemory: () => ({ totalBytes: GB, availableBytes: GB }) };
  await using app = await createTestApp({ environment: python.environment, parts });
  using file = trainingFile();
  const { out } = await terminalOf(app)(...estimate(file.path));
  assert.match(out, /does not fit into this machine's 1\.0 GB/);
  assert.match(out, /^! training file: about 90 rows are longer than the context/m);
  assert.match(out, /^trained tokens +about 300$/m);
});

test("a refusal is one sentence", async () => {
  using python = createFakePython("fail");
  await using app = await createTestApp({ environment: python.environment, parts: roomy });
  using file = trainingFile();
  const failed = await terminalOf(app)(...estimate(file.path));
  assert.deepEqual([failed.code, failed.out], [1, ""]);
  assert.match(failed.err, /The trainer could not make the estimate/);
});

test("Ctrl-C ends the estimate on the server too", async () => {
  using python = createFakePython();
  python.play(`hang:${join(python.folder, "pid")}`);
  await using app = await createTestApp({ environment: python.environment, parts: roomy });
  using file = trainingFile();
  const stopped = await terminalOf(app, AbortSignal.timeout(300))(...estimate(file.path));
  assert.equal(stopped.code, 130);
});
