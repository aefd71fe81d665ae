import assert from "node:assert/strict";
import { test } from "node:test";
import { createMailbox } from "../../server/notices/fixtures/mailbox.ts";
import type { TestApp } from "../../server/test-app.ts";
import { createMember } from "../../server/test-lifecycle.ts";
import {
  applyChange,
  createNoticedApp,
  DAY,
  NOW,
  projectOfKey,
  seed,
  waitForMail,
} from "../../server/test-notices.ts";
import { createTestTerminal } from "../test-terminal.ts";

const terminalOf = (app: TestApp) =>
  createTestTerminal({ fetch: async (url, init) => app.app.request(String(url), init) });
const ending = { models: [{ id: "tiny-base", shutdown_at: "2027-06-01" }] };

test("notices are listed and shown whole, with what became of the mail", async () => {
  await using mailbox = await createMailbox();
  await using app = await createNoticedApp({ smtp: mailbox.url });
  const perennial = terminalOf(app);
  assert.match((await perennial("lifecycle", "notices")).err, /^No notices\. `perennial lifecycle status`/);
  await perennial("contacts", "add", "ops@example.com");
  await seed(app.folder, await projectOfKey(app), { calls: [{ at: NOW - DAY, model: "tiny-base" }] });
  await applyChange(app, ending);
  await waitForMail(app, ({ status }) => status === "sent");
  const listed = (await perennial("lifecycle", "notices")).out;
  const id = /ntc_\w+/.exec(listed)?.[0] ?? "";
  assert.match(listed, new RegExp(`\n${id} .* announcement  2027-06-01  tiny-base is shut down`));
  const one = (await perennial("lifecycle", "notices", id)).out;
  assert.match(one, /^tiny-base is shut down on 2027-06-01, in 137 days\.$/m);
  assert.match(one, /^mail +ops@example\.com: sent, 1 attempt$/m);
  const json = JSON.parse((await perennial("lifecycle", "notices", id, "--json")).out);
  assert.deepEqual([json.id, json.deliveries[0].status], [id, "sent"]);
  const none = await perennial("lifecycle", "notices", "ntc_none");
  assert.match(none.err, /^No notice ntc_none .* `perennial lifecycle notices` shows those there are\.\n$/);
});

test("with the admin key another project's are listed, by name or by id, or everybody's", async () => {
  await using app = await createNoticedApp();
  const perennial = terminalOf(app);
  const ann = await createMember(app, "ann");
  const ids = { project_id: ann.project, organization_id: ann.id };
  await seed(app.folder, ids, { calls: [{ at: NOW - DAY, model: "tiny-base" }] });
  await applyChange(app, ending);
  const asked = async (...more: string[]) =>
    JSON.parse((await perennial("lifecycle", "notices", "--json", ...more)).out).length;
  assert.deepEqual(
    [
      await asked(),
      await asked("--all"),
      await asked("--project", ann.project),
      await asked("--project", "Default project"),
    ],
    [0, 1, 1, 0],
  );
  const both = await perennial("lifecycle", "notices", "--all", "--project", "x");
  assert.deepEqual([both.code, both.err], [1, "Give --project or --all, not both.\n"]);
});

test("contacts are added for all or for one project, listed and removed", async () => {
  await using app = await createNoticedApp({ smtp: "smtp://127.0.0.1:9" });
  const perennial = terminalOf(app);
  assert.match((await perennial("contacts", "list")).err, /`perennial contacts add EMAIL`/);
  const all = (await perennial("contacts", "add", "ops@example.com")).out;
  assert.match(
    all,
    /^contact {2}ctc_\w{24}\nemail {4}ops@example\.com\nproject {2}all of the organization\n$/,
  );
  const own = await perennial("contacts", "add", "team@example.com", "--project", "Default project");
  assert.match(own.out, /^project {2}proj_\w+$/m);
  const listed = (await perennial("contacts", "list")).out;
  const id = /ctc_\w+/.exec(all)?.[0] ?? "";
  assert.match(listed, new RegExp(`\n${id} +ops@example.com +all +just now\n`));
  assert.equal((await perennial("contacts", "remove", id)).out, `removed  ${id}\n`);
  const gone = await perennial("contacts", "remove", id);
  assert.match(gone.err, /No contact ctc_\w+ in this organization\. `perennial contacts list` shows/);
  const bad = await perennial("contacts", "add", "nobody");
  assert.deepEqual([bad.code, bad.out], [1, ""]);
  assert.match(bad.err, /expected an address such as ops@example\.com/);
});
