import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openDatabase } from "../database/database.ts";
import { createTestApp, tenRows } from "../test-app.ts";
import { createJob } from "../test-job.ts";
import { ensureFirstKeys } from "./first-keys.ts";
import { bearerToken, hashKey, redactKey } from "./key.ts";
import { createKeyStore } from "./key-store.ts";

const ADMIN = "sk-test-admin";
const PROJECTS = "/v1/organization/projects";

test("a new key works once it is made and is refused once it is revoked", async () => {
  await using app = await createTestApp();
  const project = await app.json(app.post(PROJECTS, { name: "Shop" }, ADMIN));
  const key = await app.json(app.post(`${PROJECTS}/${project.id}/api_keys`, { name: "ci" }, ADMIN));
  assert.match(key.value, /^sk-proj-[A-Za-z0-9]{48}$/);
  assert.equal((await app.call("/v1/models", {}, key.value)).status, 200);
  const listed = await app.json(app.call(`${PROJECTS}/${project.id}/api_keys`, {}, ADMIN));
  assert.equal(JSON.stringify(listed).includes(key.value), false);
  const revoked = await app.call(`${PROJECTS}/${project.id}/api_keys/${key.id}`, { method: "DELETE" }, ADMIN);
  assert.equal(revoked.status, 200);
  assert.equal((await app.call("/v1/models", {}, key.value)).status, 401);
});

test("the keys of an archived project are dead; the default project cannot be archived", async () => {
  await using app = await createTestApp();
  const key = await app.otherKey();
  const { data } = await app.json(app.call(PROJECTS, {}, ADMIN));
  const [standard, other] = data;
  assert.equal((await app.post(`${PROJECTS}/${standard.id}/archive`, {}, ADMIN)).status, 400);
  assert.equal((await app.json(app.post(`${PROJECTS}/${other.id}/archive`, {}, ADMIN))).status, "archived");
  assert.equal((await app.call("/v1/models", {}, key)).status, 401);
  assert.equal((await app.post(`${PROJECTS}/${other.id}/api_keys`, {}, ADMIN)).status, 400);
});

test("a project that is archived leaves no open job behind: its training gives its place to the next", async () => {
  await using app = await createTestApp();
  const key = await app.otherKey();
  const { id: training_file } = await app.json(app.upload(tenRows, { key }));
  const create = () => app.post("/v1/fine_tuning/jobs", { model: "tiny-base", training_file }, key);
  await create();
  const run = await app.nextRun();
  const { id: paused } = await app.json(create());
  await app.post(`/v1/fine_tuning/jobs/${paused}/pause`, {}, key);
  const { id: mine } = await createJob(app);
  const [, other] = (await app.json(app.call(PROJECTS, {}, ADMIN))).data;
  await app.post(`${PROJECTS}/${other.id}/archive`, {}, ADMIN);
  assert.ok((await app.nextRun()).folder.endsWith(mine));
  assert.ok(run.stopped);
  assert.match(await (await app.call("/metrics")).text(), /perennial_jobs\{status="cancelled"\} 2/);
});

test("a project's key does not open the organization", async () => {
  await using app = await createTestApp();
  for (const path of ["", "/proj_x", "/proj_x/api_keys"])
    assert.equal((await app.call(PROJECTS + path)).status, 403);
});

function createFirstStart() {
  const folder = mkdtempSync(join(tmpdir(), "perennial-keys-"));
  const db = openDatabase(join(folder, "perennial.sqlite"));
  const store = createKeyStore(db);
  const start = (given: { apiKey?: string; adminKey?: string } = {}) =>
    ensureFirstKeys({
      ...{ store, now: () => 1, dataFolder: folder, slug: "personal", apiKey: null, adminKey: null },
      ...given,
    });
  /** As the holder of the admin key does it. */
  async function revoke(key: string) {
    const row = await store.findByHash(hashKey(key));
    assert.ok(row?.project_id);
    assert.ok(await store.revokeKey(row.project_id, row.id, 2));
  }
  const dispose = async () => {
    await db.destroy();
    rmSync(folder, { recursive: true });
  };
  return { folder, db, start, revoke, [Symbol.asyncDispose]: dispose };
}

test("the first keys are made once, kept with mode 600, and stored hashed", async () => {
  await using first = createFirstStart();
  const made = await first.start();
  const again = await first.start();
  assert.deepEqual([made.api.origin, made.admin.origin], ["made", "made"]);
  assert.deepEqual([again.api.origin, again.api.key], ["file", made.api.key]);
  assert.equal(statSync(join(first.folder, "api-key")).mode & 0o777, 0o600);
  for (const name of ["perennial.sqlite", "perennial.sqlite-wal"])
    assert.equal(readFileSync(join(first.folder, name)).includes(made.api.key), false);
});

test("a key of the environment leaves no file, and one that was revoked is refused at start", async () => {
  await using first = createFirstStart();
  const { api, admin } = await first.start({ apiKey: "sk-chosen-by-hand" });
  assert.deepEqual([api.origin, api.place, admin.origin], ["environment", "PERENNIAL_API_KEY", "made"]);
  assert.equal(existsSync(join(first.folder, "api-key")), false);
  await first.revoke(api.key);
  await assert.rejects(first.start({ apiKey: api.key }), {
    message: "The key in PERENNIAL_API_KEY was revoked: set another one, or unset it.",
  });
});

test("a server whose first key was revoked starts, and says so", async () => {
  await using first = createFirstStart();
  await first.revoke((await first.start()).api.key);
  assert.equal((await first.start()).api.origin, "revoked");
});

test("one key for both purposes is refused", async () => {
  await using first = createFirstStart();
  await assert.rejects(first.start({ apiKey: "sk-the-same", adminKey: "sk-the-same" }), {
    message: "PERENNIAL_API_KEY and PERENNIAL_ADMIN_KEY hold the same key: each needs its own.",
  });
  const made = await first.start();
  await assert.rejects(first.start({ apiKey: made.admin.key, adminKey: "sk-another" }), {
    message: "The key in PERENNIAL_API_KEY is known as an admin key: use another one.",
  });
});

test("an empty file of a key is filled, one that holds no key is refused", async () => {
  await using first = createFirstStart();
  writeFileSync(join(first.folder, "api-key"), "\n");
  const { api } = await first.start();
  assert.equal(api.origin, "made");
  assert.equal(readFileSync(api.place, "utf8"), `${api.key}\n`);
  writeFileSync(api.place, "not a key\n");
  await assert.rejects(first.start(), /api-key holds no key: delete it to get a new one\.$/);
});

test("a bearer token is read whatever the case, and nothing else is", () => {
  assert.equal(bearerToken("Bearer abc"), "abc");
  assert.equal(bearerToken("bearer abc"), "abc");
  for (const header of [undefined, "", "Bearer", "Bearer a b", "Basic abc"])
    assert.equal(bearerToken(header), null);
});

test("a redacted key does not give the key away, short ones included", () => {
  assert.equal(redactKey(`sk-proj-${"x".repeat(44)}1234`), "sk-proj-...1234");
  assert.equal(redactKey("a-short-secret"), "...");
});
