import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ErrorBody } from "../../contract/errors.ts";
import type { TestApp } from "../test-app.ts";
import { contentsOf, createBundleApp, exported, exportPath, tune, workOf } from "../test-bundle.ts";
import { createFakePython } from "./fixtures/fake-python.ts";

async function until(isSo: () => boolean, what: string): Promise<void> {
  for (let tries = 0; tries < 6000; tries += 1) {
    if (isSo()) return;
    await new Promise((next) => setTimeout(next, 5));
  }
  throw new Error(`It never came to this: ${what}`);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function start(app: TestApp, model: string) {
  const leaving = new AbortController();
  const answer = app.call(exportPath(model, "?merged=gguf"), { signal: leaving.signal });
  return { answer: Promise.resolve(answer), leave: () => leaving.abort() };
}

/** The process that hangs, once it does. */
async function pidIn(path: string): Promise<number> {
  await until(() => existsSync(path) && readFileSync(path, "utf8") !== "", "the trainer is at work");
  return Number(readFileSync(path, "utf8"));
}

test("a merged model comes along in the form that was asked for, and is in README, Modelfile and sums", async () => {
  using python = createFakePython();
  await using app = await createBundleApp({ environment: python.environment });
  const { model } = await tune(app);
  const gguf = await contentsOf(await exported(app, model, "?merged=gguf"));
  assert.deepEqual(gguf.inspection.problems, []);
  assert.equal(gguf.files.get("merged/model.gguf")?.toString(), "merged");
  assert.match(gguf.files.get("Modelfile")?.toString() ?? "", /^FROM \.\/merged\/model\.gguf$/m);
  assert.doesNotMatch(gguf.files.get("Modelfile")?.toString() ?? "", /ADAPTER/);
  assert.match(gguf.files.get("README.md")?.toString() ?? "", /llama-server -m merged\/model\.gguf/);
  const folder = await contentsOf(await exported(app, model, "?merged=safetensors"));
  assert.deepEqual(folder.inspection.problems, []);
  assert.ok(
    ["config.json", "model.safetensors", "tokenizer.json"].every((name) =>
      folder.files.has(`merged/${name}`),
    ),
  );
  assert.match(folder.files.get("README.md")?.toString() ?? "", /vllm serve merged --served-model-name/);
  assert.deepEqual(workOf(app), []);
});

test("a trainer that fails or has no disk is told, and leaves nothing", async () => {
  using python = createFakePython();
  await using app = await createBundleApp({ environment: python.environment });
  const { model } = await tune(app);
  for (const [how, status, code] of [
    ["fail", 503, "merge_unavailable"],
    ["full", 507, "disk_full"],
  ] as const) {
    python.play(how);
    const answer = await app.call(exportPath(model, "?merged=gguf"));
    const { error } = await app.json(answer);
    assert.deepEqual([answer.status, error.code], [status, code]);
    assert.doesNotMatch(error.message, /no such module/);
  }
  assert.deepEqual(workOf(app), []);
});

test("a caller who leaves ends the merge, and the next one is served, also when the model was deleted meanwhile", async () => {
  using python = createFakePython();
  python.play(`hang:${join(python.folder, "pid")}`);
  await using app = await createBundleApp({ environment: python.environment });
  const { model } = await tune(app);
  const first = start(app, model);
  const pid = await pidIn(join(python.folder, "pid"));
  python.play("");
  const second = start(app, model);
  await until(() => workOf(app).length === 2, "both are at work");
  const isStaged = (name: string) =>
    existsSync(join(app.folder, "bundles/work", name, "bundle/data/train.jsonl"));
  await until(() => workOf(app).every(isStaged), "the second waits for its turn");
  await app.call(`/v1/models/${model}`, { method: "DELETE" });
  first.leave();
  assert.equal((await first.answer).status, 499);
  assert.equal(isAlive(pid), false);
  const { inspection } = await contentsOf(Buffer.from(await (await second.answer).arrayBuffer()));
  assert.deepEqual(inspection.problems, []);
  assert.deepEqual(workOf(app), []);
});

test("merges are made one at a time, and a server that stops ends the one at work", async () => {
  using python = createFakePython();
  const pidFile = join(python.folder, "pid");
  python.play(`hang:${pidFile}`);
  let pid = 0;
  const answers: Promise<Response>[] = [];
  {
    await using app = await createBundleApp({ environment: python.environment });
    const { model } = await tune(app);
    answers.push(start(app, model).answer);
    pid = await pidIn(pidFile);
    rmSync(pidFile);
    for (let count = 0; count < 8; count += 1) answers.push(start(app, model).answer);
    let settled = 0;
    for (const answer of answers) answer.then(() => (settled += 1));
    await until(() => settled === 4, "four are refused");
    const refused = await Promise.race(answers);
    assert.deepEqual([refused.status, refused.headers.get("retry-after")], [503, "30"]);
    assert.equal(existsSync(pidFile), false);
  }
  const bodies = await Promise.all(
    answers.map(async (answer) => ErrorBody.parse(await (await answer).json())),
  );
  const codes = bodies.map(({ error }) => error.code).sort();
  assert.deepEqual(codes, [...Array(4).fill("merge_unavailable"), ...Array(5).fill("server_stopping")]);
  assert.equal(isAlive(pid), false);
});
