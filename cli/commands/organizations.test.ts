import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestApp } from "../../server/test-app.ts";
import { createDatedApp } from "../../server/test-lifecycle.ts";
import { createTestTerminal } from "../test-terminal.ts";

const JANUARY = "2027-01-15T08:00:00Z";

const terminalOf = (app: TestApp, more: Partial<Parameters<typeof createTestTerminal>[0]> = {}) =>
  createTestTerminal({ fetch: async (url, init) => app.app.request(String(url), init), ...more });

test("an organization is made with its admin key alone on stdout, which opens its own doors only", async () => {
  await using app = await createDatedApp(JANUARY);
  const perennial = terminalOf(app);
  const made = await perennial("organizations", "create", "acme");
  assert.match(made.out, /^sk-\S+\n$/);
  assert.match(made.err, /^org-\w+, with the project proj_\w+\. Its admin key is not shown again:\n/);
  assert.match((await perennial("organizations", "list")).out, /^org-\w+ +acme +just now$/m);
  const twice = await perennial("organizations", "create", "acme");
  assert.match(twice.err, /organization acme already: choose another name\. `perennial organizations list`/);
  assert.match((await perennial("organizations", "create", "A B")).err, /a to z, 0 to 9/);
  const environment = { PERENNIAL_API_KEY: "", PERENNIAL_ADMIN_KEY: made.out.trim() };
  const theirs = terminalOf(app, { environment });
  assert.equal((await theirs("keys", "list")).code, 0);
  for (const args of [
    ["organizations", "list"],
    ["lifecycle", "show"],
    ["lifecycle", "history"],
  ]) {
    const { code, err } = await theirs(...args);
    assert.deepEqual([code, /needs an admin key of the one that runs this server/.test(err)], [1, true], err);
  }
});
