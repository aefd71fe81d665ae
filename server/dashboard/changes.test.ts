import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "../../client/client.ts";
import type { ChangeEvent } from "../../contract/dashboard.ts";
import { createTestApp, type TestApp, tenRows } from "../test-app.ts";
import { createJob, hasEnded, playAll } from "../test-job.ts";

const ADMIN = "sk-test-admin";

function follow(app: TestApp, apiKey = "sk-test-project") {
  const { dashboard } = createClient({
    baseUrl: "http://perennial.test",
    apiKey,
    fetch: async (url, init) => app.app.request(String(url), init),
  });
  const stop = new AbortController();
  const events = dashboard.changes(stop.signal);
  const next = async (): Promise<ChangeEvent | undefined> => (await events.next()).value;
  /** Until one is as wanted. */
  const until = async (isWanted: (event: ChangeEvent) => boolean): Promise<ChangeEvent> => {
    for (;;) {
      const event = await next();
      assert.ok(event, "the stream has ended");
      if (isWanted(event)) return event;
    }
  };
  return { next, until, stop: () => events.return(undefined) };
}

const tells = (topic: string) => (event: ChangeEvent) =>
  event.type === "changed" && event.topics.some((one) => one === topic);

test("a page hears that it is connected, of files that come, and of each job that something happens to", async () => {
  await using app = await createTestApp();
  const page = follow(app);
  assert.deepEqual(await page.next(), { type: "connected" });
  await app.upload(tenRows);
  assert.deepEqual(await page.next(), { type: "changed", topics: ["files"], jobs: [] });
  const { id } = await createJob(app);
  playAll(await app.nextRun());
  const event = await page.until((one) => one.type === "changed" && (one.jobs ?? []).includes(id));
  assert.ok(tells("models")(event));
  await app.waitForJob(id, hasEnded);
  await page.stop();
});

test("a project hears nothing of another one; an admin hears of both", async () => {
  await using app = await createTestApp();
  const otherKey = await app.otherKey();
  const [page, other, admin] = [follow(app), follow(app, otherKey), follow(app, ADMIN)];
  for (const one of [page, other, admin]) assert.deepEqual(await one.next(), { type: "connected" });
  await app.upload(tenRows);
  await app.post("/v1/organization/projects", { name: "Third" }, ADMIN);
  assert.deepEqual(await other.next(), { type: "changed", topics: ["keys"], jobs: [] });
  for (const one of [page, admin]) {
    assert.ok(tells("files")((await one.next()) ?? { type: "connected" }));
    await one.until(tells("keys"));
  }
  for (const one of [page, other, admin]) await one.stop();
});

test("a call that fails, and one that only reads, change nothing", async () => {
  await using app = await createTestApp();
  const page = follow(app);
  await page.next();
  await app.call("/v1/files");
  await app.call("/v1/files/file-nothing", { method: "DELETE" });
  await app.post("/v1/fine_tuning/jobs", {});
  await app.post("/v1/perennial/lifecycle/plans", {}, ADMIN);
  await app.post("/v1/responses/input_tokens", { model: "tiny-base", input: "hello" });
  await app.upload(tenRows);
  assert.deepEqual(await page.next(), { type: "changed", topics: ["files"], jobs: [] });
  await page.stop();
});

test("a key that is revoked hears no more", async () => {
  await using app = await createTestApp();
  const path = "/v1/organization/projects";
  const project = await app.json(app.post(path, { name: "Other" }, ADMIN));
  const key = await app.json(app.post(`${path}/${project.id}/api_keys`, {}, ADMIN));
  const page = follow(app, key.value);
  await page.next();
  await app.call(`${path}/${project.id}/api_keys/${key.id}`, { method: "DELETE" }, ADMIN);
  assert.equal(await page.next(), undefined);
});

test("one key may have thirty streams; a page that is closed makes room", async () => {
  await using app = await createTestApp();
  const pages = Array.from({ length: 30 }, () => follow(app));
  for (const page of pages) await page.next();
  await assert.rejects(follow(app).next(), { status: 429 });
  await pages[0]?.stop();
  const page = follow(app);
  assert.deepEqual(await page.next(), { type: "connected" });
  for (const one of [...pages.slice(1), page]) await one.stop();
});

test("streams end with the server", async () => {
  const app = await createTestApp();
  const page = follow(app);
  await page.next();
  await app[Symbol.asyncDispose]();
  assert.equal(await page.next(), undefined);
});
