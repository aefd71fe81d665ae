import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createTestApp, type TestApp } from "../test-app.ts";
import { callsOf, incomingIn, md5Of, partsIn, refusalOf, request, sendAll } from "../test-upload.ts";

const HOUR = 3600;

test("completions asked for at once give one file, and asked for again the same one", async () => {
  await using app = await createTestApp();
  const { create, complete } = callsOf(app);
  const { id } = await create(request("hello"));
  const part_ids = await sendAll(app, id, ["hel", "lo"]);
  const all = await Promise.all(Array.from({ length: 8 }, () => complete(id, { part_ids })));
  const answers = await Promise.all(all.map((one) => app.json(one)));
  const again = await app.json(complete(id, { part_ids, md5: md5Of("hello") }));
  assert.equal(new Set([...answers, again].map(({ file }) => file.id)).size, 1);
  assert.equal((await app.json(app.call("/v1/files"))).data.length, 1);
  const other = await refusalOf(app, complete(id, { part_ids: part_ids.toReversed() }));
  assert.match(other.message, /is completed/);
  await app.call(`/v1/files/${again.file.id}`, { method: "DELETE" });
  assert.equal("file" in (await app.json(complete(id, { part_ids }))), false);
});

test("an upload that is completed or cancelled takes no parts, and its parts are gone", async () => {
  await using app = await createTestApp();
  const { create, send, complete, cancel } = callsOf(app);
  const done = await create(request("hello"));
  await complete(done.id, { part_ids: await sendAll(app, done.id, ["hello"]) });
  assert.match((await refusalOf(app, send(done.id, "x"))).message, /takes no more parts/);
  assert.match((await refusalOf(app, cancel(done.id))).message, /is completed/);
  const left = await create(request("hello"));
  const part_ids = await sendAll(app, left.id, ["hello"]);
  assert.equal((await app.json(cancel(left.id))).status, "cancelled");
  assert.equal((await app.json(cancel(left.id))).status, "cancelled");
  assert.equal((await refusalOf(app, send(left.id, "x"))).param, "upload_id");
  assert.match((await refusalOf(app, complete(left.id, { part_ids }))).message, /is cancelled/);
  assert.deepEqual(partsIn(app), []);
});

test("a project has at most 100 pending uploads; one that ends makes room for another", async () => {
  let now = 1_800_000_000;
  await using app = await createTestApp({ now: () => now });
  const { create, cancel } = callsOf(app);
  const ask = (key?: string) => app.post("/v1/uploads", request("hello"), key);
  const first = await create(request("hello"));
  const answers = await Promise.all(Array.from({ length: 105 }, () => ask()));
  assert.deepEqual(
    [200, 429].map((status) => answers.filter((answer) => answer.status === status).length),
    [99, 6],
  );
  const refusal = await refusalOf(app, ask(), 429);
  assert.match(refusal.message, /^100 uploads of this project are pending already/);
  assert.equal((await ask(await app.otherKey())).status, 200);
  await cancel(first.id);
  assert.deepEqual([(await ask()).status, (await ask()).status], [200, 429]);
  now += HOUR;
  assert.equal((await ask()).status, 200);
});

test("a completion and a cancellation at once end in one of the two", async () => {
  await using app = await createTestApp();
  const { create, complete, cancel } = callsOf(app);
  for (let times = 0; times < 10; times += 1) {
    const { id } = await create(request("hello"));
    const part_ids = await sendAll(app, id, ["hel", "lo"]);
    const [completed, cancelled] = await Promise.all([complete(id, { part_ids }), cancel(id)]);
    assert.deepEqual([completed.status, cancelled.status].sort(), [200, 400]);
    const files = (await app.json(app.call("/v1/files"))).data;
    assert.equal(files.length, completed.status === 200 ? 1 : 0);
    for (const file of files) await app.call(`/v1/files/${file.id}`, { method: "DELETE" });
    assert.deepEqual([partsIn(app), readdirSync(join(app.folder, "files"))], [[], ["incoming"]]);
  }
});

/** An upload of 48 MB, its completion begun: its parts are being put together. */
async function beginCompletion(app: TestApp) {
  const { create, send, complete } = callsOf(app);
  const part = new Uint8Array(48 * 1024 * 1024);
  const { id } = await create({ ...request("x"), bytes: part.length });
  const part_ids = [(await app.json(send(id, part))).id];
  const completed = complete(id, { part_ids });
  while (incomingIn(app, "files").length === 0) await new Promise((next) => setImmediate(next));
  return { id, part_ids, completed };
}

test("a cancellation ends a completion that has begun", async () => {
  await using app = await createTestApp();
  const { id, completed } = await beginCompletion(app);
  assert.equal((await app.json(callsOf(app).cancel(id))).status, "cancelled");
  assert.match((await refusalOf(app, completed)).message, /is cancelled/);
  assert.deepEqual([partsIn(app), incomingIn(app, "files")], [[], []]);
});

test("an upload whose hour ends during its completion is completed", async () => {
  let now = 1000;
  await using app = await createTestApp({ now: () => now });
  const { completed } = await beginCompletion(app);
  now += HOUR;
  await app.uploads.expire();
  assert.equal((await app.json(completed)).status, "completed");
  assert.deepEqual(partsIn(app), []);
});

test("a server that stops during a completion leaves the upload pending", async () => {
  const folder = mkdtempSync(join(tmpdir(), "perennial-uploads-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const first = await createTestApp({ folder });
  const { id, part_ids, completed } = await beginCompletion(first);
  await first[Symbol.asyncDispose]();
  assert.equal((await completed).headers.get("x-should-retry"), "true");
  await refusalOf(first, completed, 503);
  await using app = await createTestApp({ folder });
  assert.equal((await callsOf(app).complete(id, { part_ids })).status, 200);
});

test("an upload ends after its hour, and its parts go", async () => {
  let now = 1000;
  await using app = await createTestApp({ now: () => now });
  const { create, send, complete, cancel } = callsOf(app);
  const { id } = await create(request("hello"));
  const part_ids = await sendAll(app, id, ["hello"]);
  now += HOUR;
  for (const answer of [send(id, "x"), complete(id, { part_ids }), cancel(id)]) {
    assert.match((await refusalOf(app, answer)).message, /expired an hour after/);
  }
  assert.deepEqual(partsIn(app), part_ids);
  await app.uploads.expire();
  assert.deepEqual(partsIn(app), []);
  assert.match((await refusalOf(app, complete(id, { part_ids }))).message, /expired an hour after/);
});

test("a restart keeps the parts that were answered, and sweeps what a crash left", async () => {
  const folder = mkdtempSync(join(tmpdir(), "perennial-uploads-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  let id: string;
  let part_ids: string[];
  {
    await using app = await createTestApp({ folder });
    id = (await callsOf(app).create(request("hello"))).id;
    part_ids = await sendAll(app, id, ["hel", "lo"]);
  }
  for (const path of ["uploads/part_lost", "uploads/incoming/half", "files/file-joinedButNoRow"]) {
    writeFileSync(join(folder, path), "x");
  }
  await using app = await createTestApp({ folder });
  assert.deepEqual([partsIn(app).sort(), incomingIn(app, "uploads")], [part_ids.toSorted(), []]);
  assert.deepEqual(readdirSync(join(folder, "files")), ["incoming"]);
  const { file } = await app.json(callsOf(app).complete(id, { part_ids }));
  assert.equal(await (await app.call(`/v1/files/${file.id}/content`)).text(), "hello");
});
