import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestApp } from "../../server/test-app.ts";
import { askForJob, createDatedApp, createMember } from "../../server/test-lifecycle.ts";
import { createTestTerminal } from "../test-terminal.ts";

const JANUARY = "2027-01-15T08:00:00Z";

const terminalOf = (app: TestApp, more: Partial<Parameters<typeof createTestTerminal>[0]> = {}) =>
  createTestTerminal({ fetch: async (url, init) => app.app.request(String(url), init), ...more });

for (const name of ["openai-2026", "azure-two-phase", "bedrock-legacy"]) {
  test(`the document that comes for ${name} can be planned as it is`, async () => {
    await using app = await createDatedApp(JANUARY);
    // One that has tuned beside one that has not: every stage hits somebody, and none all of them.
    const member = await createMember(app, "acme");
    assert.equal((await askForJob(app, member.key)).status, 200);
    const { out, err } = await terminalOf(app)(
      "lifecycle",
      "policies",
      "--yaml",
      name,
      "--base",
      "tiny-base",
    );
    assert.match(out, /^ {4}starting: 2027-03-16$/m);
    assert.match(err, /perennial lifecycle plan FILE/);
    const planned = await terminalOf(app, { stdin: out })("lifecycle", "plan", "-");
    assert.equal(planned.code, 0, planned.err);
    for (const line of out.matchAll(/^ {4}# {3}(\d{4}-\d\d-\d\d) /gm))
      assert.ok(planned.out.includes(line[1] ?? "-"));
  });
}

test("built-in policies are listed by their stages; one that there is not is told", async () => {
  await using app = await createDatedApp(JANUARY);
  const perennial = terminalOf(app);
  const { out } = await perennial("lifecycle", "policies");
  assert.match(out, /^openai-2026 +2026-07-02 +closes training to: 60 days inactive$/m);
  assert.match(out, /^azure-two-phase +day 183 +its base is shut down$/m);
  const wrong = await perennial("lifecycle", "policies", "--yaml", "openai");
  assert.match(wrong.err, /no built-in policy 'openai': use openai-2026, azure-two-phase/);
});
