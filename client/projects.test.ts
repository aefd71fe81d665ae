import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestApp, type TestApp } from "../server/test-app.ts";
import { createClient } from "./client.ts";
import { take } from "./pages.ts";

const adminOf = (app: TestApp) =>
  createClient({
    baseUrl: "http://perennial.test",
    apiKey: "sk-test-admin",
    fetch: async (url, init) => app.app.request(String(url), init),
  });

test("an archived project is listed only where archived ones are asked for", async () => {
  await using app = await createTestApp();
  const { projects } = adminOf(app);
  const { id } = await projects.create("Old");
  assert.equal((await projects.archive(id)).status, "archived");
  const idsOf = (all: readonly { id: string }[]) => all.map((one) => one.id);
  assert.ok(!idsOf(await projects.list()).includes(id));
  assert.ok(idsOf(await projects.listWithArchived()).includes(id));
});

test("a limit is set for one project, and null gives it back to the server", async () => {
  await using app = await createTestApp();
  const { projects } = adminOf(app);
  const { id: project } = await projects.create("Support");
  const [limit] = await take(projects.rateLimits(project), 1);
  assert.ok(limit);
  const changed = await projects.setRateLimit(project, limit.id, { max_requests_per_1_minute: 7 });
  assert.equal(changed.max_requests_per_1_minute, 7);
  assert.equal(changed.max_tokens_per_1_minute, limit.max_tokens_per_1_minute);
  assert.deepEqual(
    await projects.setRateLimit(project, limit.id, { max_requests_per_1_minute: null }),
    limit,
  );
});
