import assert from "node:assert/strict";
import { test } from "node:test";
import { applyChange, createDatedApp, createMember } from "../../server/test-lifecycle.ts";
import { createTestTerminal } from "../test-terminal.ts";

test("an exception is told with its reason while it lasts", async () => {
  await using app = await createDatedApp("2027-01-15T08:00:00Z");
  const member = await createMember(app, "acme");
  const exceptions = [{ organization: member.id, until: "2027-07-01", reason: "Contract 42." }];
  const stages = [{ date: "2027-05-01", who: "everyone" }];
  await applyChange(app, { policies: [{ name: "closing", stages, exceptions }] });
  const environment = { PERENNIAL_API_KEY: member.key };
  const perennial = createTestTerminal({
    environment,
    fetch: async (url, init) => app.app.request(String(url), init),
  });
  const spared = /^Policy closing spares you until 2027-07-01: Contract 42\.$/m;
  app.set("2027-06-30T23:59:59Z");
  const before = (await perennial("lifecycle", "status")).out;
  assert.match(before, /^You can create fine-tuning jobs until 2027-07-01 00:00 UTC \(0 days\)\.\n/);
  assert.match(before, spared);
  app.set("2027-07-01T00:00:00Z");
  const after = (await perennial("lifecycle", "status")).out;
  assert.match(after, /^You can create no fine-tuning jobs since 2027-07-01\.\n/);
  assert.doesNotMatch(after, spared);
});
