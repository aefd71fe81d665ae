import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestApp, type TestApp } from "../../server/test-app.ts";
import { createJob, hasEnded, playAll } from "../../server/test-job.ts";
import { createTestTerminal } from "../test-terminal.ts";

const terminalOf = (app: TestApp) =>
  createTestTerminal({ fetch: async (url, init) => app.app.request(String(url), init) });

async function tunedModel(app: TestApp): Promise<string> {
  const { id } = await createJob(app);
  playAll(await app.nextRun());
  return String((await app.waitForJob(id, hasEnded)).fine_tuned_model);
}

test("a tuned model is shared with projects by name or id, listed, and taken back", async () => {
  await using app = await createTestApp();
  const perennial = terminalOf(app);
  const model = await tunedModel(app);
  const none = await perennial("permissions", "list", model);
  assert.match(none.err, /`perennial permissions grant` lets one/);
  const support = JSON.parse((await perennial("projects", "create", "Support", "--json")).out);
  const sales = JSON.parse((await perennial("projects", "create", "Sales", "--json")).out);
  const granted = await perennial("permissions", "grant", model, "Support", sales.id);
  assert.match(granted.out, new RegExp(`^PERMISSION .*\ncp_\\w+ +${support.id} +Support .*\ncp_`));
  const listed = JSON.parse((await perennial("permissions", "list", model, "--json")).out);
  assert.deepEqual(
    listed.map(({ project }: { project: string }) => project),
    ["Sales", "Support"],
  );
  const revoked = await perennial("permissions", "revoke", model, "Support", listed[0].id);
  assert.equal(
    revoked.out,
    `revoked  ${listed[1].id}  ${support.id}\nrevoked  ${listed[0].id}  ${sales.id}\n`,
  );
  assert.deepEqual(JSON.parse((await perennial("permissions", "list", model, "--json")).out), []);
});

test("mistakes with permissions are one sentence that says what to look at", async () => {
  await using app = await createTestApp();
  const perennial = terminalOf(app);
  const model = await tunedModel(app);
  for (const [args, expected] of [
    [
      ["grant", model, "Nobody"],
      /^No project is called Nobody; there is proj_\w+ \(Default project\)\. `perennial projects create` makes another\.\n$/,
    ],
    [["grant", model, "Default project"], /owns this checkpoint: it needs no permission/],
    [["grant", "ft:none", "Default project"], /^No fine-tuned model or checkpoint `ft:none`.*models list/],
    [["revoke", model, "Nobody"], /^Nobody has no permission for ft:\S+; `perennial permissions list ft:/],
  ] as const) {
    const { code, out, err } = await perennial("permissions", ...args);
    assert.deepEqual([code, out], [1, ""]);
    assert.match(err, expected);
  }
});
