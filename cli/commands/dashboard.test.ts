import assert from "node:assert/strict";
import { test } from "node:test";
import { createBrowser } from "../../server/dashboard/test-browser.ts";
import { createTestApp } from "../../server/test-app.ts";
import { createTestTerminal } from "../test-terminal.ts";

test("dashboard prints a link that signs in once, as admin", async () => {
  await using app = await createTestApp();
  const perennial = createTestTerminal({ fetch: async (url, init) => app.app.request(String(url), init) });
  const { out, code } = await perennial("dashboard");
  const [, token = ""] = /^http:\/\/[\w.:]+\/#link=(\w{48})\n$/.exec(out) ?? [];
  assert.equal(code, 0);
  assert.notEqual(token, "", out);
  const session = await app.json(createBrowser(app).signIn({ link: token }));
  assert.equal(session.kind, "admin");
  assert.equal((await createBrowser(app).signIn({ link: token })).status, 401);
});
