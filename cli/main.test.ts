import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { tenRows } from "../server/test-app.ts";

const main = join(import.meta.dirname, "main.ts");
const data = mkdtempSync(join(tmpdir(), "perennial-cli-"));
const { PERENNIAL_API_KEY: _key, PERENNIAL_ADMIN_KEY: _admin, ...inherited } = process.env;
const env = { ...inherited, PERENNIAL_DATA: data, PERENNIAL_LOG: "silent" };

let server: ChildProcess;
let said = "";
let baseUrl = "";

async function perennial(...args: string[]) {
  const child = spawn(process.execPath, [main, ...args], { env: { ...env, PERENNIAL_BASE_URL: baseUrl } });
  child.stdin.end();
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { out, err, code };
}

before(async () => {
  server = spawn(process.execPath, [main, "start", "--port", "0"], {
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  assert.ok(server.stderr);
  for await (const chunk of server.stderr.iterator({ destroyOnReturn: false })) {
    said += chunk;
    if (said.includes("admin key")) break;
  }
  baseUrl = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0] ?? "";
});

after(async () => {
  if (server.exitCode === null && server.kill("SIGTERM")) await once(server, "exit");
  rmSync(data, { recursive: true });
});

test("the command line finds the key that the started server wrote, and never prints it", async () => {
  const path = join(data, "train.jsonl");
  writeFileSync(path, tenRows);
  const uploaded = await perennial("files", "upload", path, "--json");
  assert.equal(uploaded.code, 0, uploaded.err);
  const { id } = JSON.parse(uploaded.out);
  assert.equal((await perennial("files", "content", id)).out, tenRows);
  const keys = await perennial("keys", "list");
  assert.match(keys.out, /First key/);
  for (const key of said.match(/sk-\S+/g) ?? []) assert.ok(!keys.out.includes(key));
  assert.equal((said.match(/sk-\S+/g) ?? []).length, 2);
  for (const name of ["api-key", "perennial.sqlite", "perennial.sqlite-wal", "perennial.sqlite-shm"])
    assert.equal(statSync(join(data, name)).mode & 0o777, 0o600, name);
});

test("a second server on the folder is refused, and start ends as the server does", async () => {
  const second = await perennial("start", "--port", "0");
  assert.equal(second.code, 1);
  assert.match(second.err, /^Another Perennial server uses .*\n$/);
  const wrong = await perennial("start", "--port", "high");
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /^PERENNIAL_PORT=high: .*\n$/);
});

test("a file in the place of the data folder is told in one sentence", async () => {
  const { code, err } = await perennial("start", "--port", "0", "--data", main);
  assert.deepEqual([code, err], [1, `PERENNIAL_DATA=${main} cannot be used as a folder: it is a file.\n`]);
});

test("a reader that has seen enough is no failure", async () => {
  const child = spawn(process.execPath, [main, "config", "--markdown"], { env });
  child.stdout.destroy();
  const [err, [code]] = await Promise.all([text(child.stderr), once(child, "close")]);
  assert.deepEqual([code, err], [0, ""]);
});

test("SIGTERM to the command line stops its server in order", async () => {
  server.kill("SIGTERM");
  const [code] = await once(server, "exit");
  assert.equal(code, 0);
  const { code: refused, err } = await perennial("models", "list");
  assert.deepEqual(
    [refused, err],
    [1, `No Perennial server answers at ${baseUrl}. Start one with \`npm start\`.\n`],
  );
});
