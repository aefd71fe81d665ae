import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, watch } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createTestApp, type TestApp, tenRows } from "../test-app.ts";
import { createFakePython } from "./fixtures/fake-python.ts";

const URL = "/v1/perennial/fine_tuning/estimate";

/** The process that hangs, once it does. */
async function pidIn(folder: string): Promise<number> {
  const path = join(folder, "pid");
  const written = () => existsSync(path) && readFileSync(path, "utf8") !== "";
  await new Promise<void>((resolve) => {
    const watcher = watch(folder, () => {
      if (!written()) return;
      watcher.close();
      resolve();
    });
    if (!written()) return;
    watcher.close();
    resolve();
  });
  return Number(readFileSync(path, "utf8"));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function start(app: TestApp, training: string) {
  const leaving = new AbortController();
  const answer = app.call(URL, {
    method: "POST",
    body: JSON.stringify({ model: "tiny-base", training_file: training }),
    headers: { "content-type": "application/json" },
    signal: leaving.signal,
  });
  return { answer, leave: () => leaving.abort() };
}

test("a caller who leaves ends the trainer's process, and the next one is served", async () => {
  using python = createFakePython();
  python.play(`hang:${join(python.folder, "pid")}`);
  await using app = await createTestApp({ environment: python.environment });
  const { id } = await app.json(app.upload(tenRows));
  const first = await start(app, id);
  const pid = await pidIn(python.folder);
  python.play("");
  const second = await start(app, id);
  first.leave();
  assert.equal((await first.answer).status, 499);
  assert.equal(isAlive(pid), false);
  assert.equal((await second.answer).status, 200);
  assert.deepEqual(readdirSync(join(app.folder, "estimates")), []);
});

test("a server that stops ends the trainer's process", async () => {
  using python = createFakePython();
  python.play(`hang:${join(python.folder, "pid")}`);
  let pid = 0;
  let answer: Promise<Response>;
  {
    await using app = await createTestApp({ environment: python.environment });
    const { id } = await app.json(app.upload(tenRows));
    answer = Promise.resolve((await start(app, id)).answer);
    pid = await pidIn(python.folder);
  }
  assert.equal((await answer).status, 503);
  assert.equal(isAlive(pid), false);
});

test("estimates are made one at a time, four may wait, and one more is told to come again", async () => {
  using python = createFakePython();
  python.play(`hang:${join(python.folder, "pid")}`);
  await using app = await createTestApp({ environment: python.environment });
  const { id } = await app.json(app.upload(tenRows));
  const first = await start(app, id);
  await pidIn(python.folder);
  python.play("");
  const others = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(() => start(app, id)));
  const statuses = others.map(async ({ answer }) => (await answer).status);
  const early = AbortSignal.timeout(20_000);
  early.addEventListener("abort", first.leave);
  const refused = await Promise.race(others.map(({ answer }) => answer));
  assert.deepEqual([refused.status, refused.headers.get("retry-after")], [503, "30"]);
  first.leave();
  const answered = await Promise.all(statuses);
  assert.deepEqual(answered.filter((status) => status === 200).length, 4);
  assert.deepEqual(answered.filter((status) => status === 503).length, 4);
});
