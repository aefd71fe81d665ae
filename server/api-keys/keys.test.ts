import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openDatabase } from "../database/database.ts";
import { createTestApp } from "../test-app.ts";
import { ensureFirstKeys } from "./first-keys.ts";
import { bearerToken, redactKey } from "./key.ts";
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

test("a project's key does not open the organization", async () => {
  await using app = await createTestApp();
  for (const path of ["", "/proj_x", "/proj_x/api_keys"])
    assert.equal((await app.call(PROJECTS + path)).status, 403);
});

test("the first keys are made once, kept with mode 600, and stored hashed", async () => {
  const folder = mkdtempSync(join(tmpdir(), "perennial-keys-"));
  const path = join(folder, "perennial.sqlite");
  const db = openDatabase(path);
  const needs = {
    store: createKeyStore(db),
    now: () => 1,
    dataFolder: folder,
    slug: "personal",
    apiKey: null,
    adminKey: null,
  };
  const first = await ensureFirstKeys(needs);
  const again = await ensureFirstKeys(needs);
  assert.deepEqual([first.made, again.made, first.apiKey === again.apiKey], [true, false, true]);
  assert.equal(statSync(join(folder, "api-key")).mode & 0o777, 0o600);
  await db.destroy();
  assert.equal(readFileSync(path).includes(first.apiKey), false);
  rmSync(folder, { recursive: true });
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
