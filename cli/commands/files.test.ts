import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createTestApp, type TestApp } from "../../server/test-app.ts";
import { createJob, hasEnded, playAll } from "../../server/test-job.ts";
import { createTestTerminal } from "../test-terminal.ts";

const terminalOf = (app: TestApp) =>
  createTestTerminal({ fetch: async (url, init) => app.app.request(String(url), init) });

function bigFile() {
  const folder = mkdtempSync(join(tmpdir(), "perennial-cli-"));
  const path = join(folder, "big.bin");
  writeFileSync(path, "");
  truncateSync(path, 65 * 1024 * 1024);
  return { path, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

test("a result file is printed as CSV, whatever the server sends to others", async () => {
  await using app = await createTestApp({ environment: { PERENNIAL_RESULT_FILES: "base64" } });
  const { id } = await createJob(app);
  playAll(await app.nextRun());
  const { result_files } = await app.waitForJob(id, hasEnded);
  assert.ok(Array.isArray(result_files));
  assert.match((await terminalOf(app)("files", "content", String(result_files[0]))).out, /^step,train_loss,/);
});

test("Ctrl-C ends an upload, and its parts do not stay on the server", async () => {
  using file = bigFile();
  await using app = await createTestApp();
  const pressed = new AbortController();
  const terminal = createTestTerminal({
    interrupt: pressed.signal,
    fetch: async (url, init) => {
      if (String(url).endsWith("/parts")) pressed.abort();
      init?.signal?.throwIfAborted();
      return app.app.request(String(url), init);
    },
  });
  const { code, err } = await terminal("files", "upload", file.path, "--purpose", "user_data");
  assert.deepEqual([code, err.split("\n").at(-2)], [130, "Interrupted."]);
  assert.deepEqual(readdirSync(join(app.folder, "uploads")), ["incoming"]);
});

test("a file larger than one part is uploaded with its bar", async () => {
  using file = bigFile();
  await using app = await createTestApp();
  const { code, out, err } = await terminalOf(app)("files", "upload", file.path, "--purpose", "user_data");
  assert.equal(code, 0, err);
  assert.match(out, /^size {5}68 MB$/m);
  assert.match(err, /^ 50% {2}uploading big.bin \(68 MB\)$/m);
  assert.match(err, /^100% {2}the server checks big.bin \(68 MB\)$/m);
});
