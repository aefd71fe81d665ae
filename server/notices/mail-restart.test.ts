import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ADMIN } from "../test-lifecycle.ts";
import {
  applyChange,
  CONTACTS,
  createNoticedApp,
  DAY,
  NOW,
  type NoticedApp,
  noticesOf,
  projectOfKey,
  seed,
  waitForMail,
} from "../test-notices.ts";
import { accept, createMailbox, hang } from "./fixtures/mailbox.ts";

const ending = { models: [{ id: "tiny-base", shutdown_at: "2027-06-01" }] };
const isSent = ({ status }: { status: string }) => status === "sent";

/** One project with a use of the base, and one contact of its organization. */
async function prepare(app: NoticedApp, email = "ops@example.com"): Promise<void> {
  await seed(app.folder, await projectOfKey(app), { calls: [{ at: NOW - DAY, model: "tiny-base" }] });
  const contact = await app.json(app.post(CONTACTS, { email }, ADMIN));
  assert.match(contact.id, /^ctc_/);
}

function dataFolder() {
  const path = mkdtempSync(join(tmpdir(), "perennial-mail-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

test("mail that was stored and not sent when the server went away is sent after the next start", async () => {
  using folder = dataFolder();
  await using mailbox = await createMailbox([hang, accept]);
  const before = await createNoticedApp({ smtp: mailbox.url, folder: folder.path });
  await prepare(before);
  await applyChange(before, ending);
  await mailbox.first(1);
  await before[Symbol.asyncDispose]();

  await using app = await createNoticedApp({ smtp: mailbox.url, folder: folder.path });
  app.advance(61);
  const sent = await waitForMail(app, isSent);
  assert.equal(sent.attempts, 2);
  const ids = new Set(mailbox.tried.map(({ headers }) => headers["message-id"]));
  assert.deepEqual([mailbox.tried.length, ids.size], [2, 1]);
  assert.equal((await noticesOf(app)).length, 1, "and nothing is told again");
});

test("what was sent is not sent by the next start, nor is it told again", async () => {
  using folder = dataFolder();
  await using mailbox = await createMailbox();
  for (let starts = 0; starts < 3; starts += 1) {
    await using app = await createNoticedApp({ smtp: mailbox.url, folder: folder.path });
    if (starts === 0) {
      await prepare(app);
      await applyChange(app, ending);
    }
    await waitForMail(app, isSent);
    await app.tick();
  }
  assert.equal(mailbox.received.length, 1);
});

test("after 30 days a mail is forgotten, and the notice stays; mail that still waits is kept", async () => {
  using folder = dataFolder();
  await using mailbox = await createMailbox([accept, hang]);
  const before = await createNoticedApp({ smtp: mailbox.url, folder: folder.path });
  await prepare(before);
  await applyChange(before, ending);
  await waitForMail(before, isSent);
  await before.post(CONTACTS, { email: "second@example.com" }, ADMIN);
  before.clock.now += DAY;
  await applyChange(before, { withdraw: { models: ["tiny-base"] } });
  await mailbox.first(2);
  await before[Symbol.asyncDispose]();

  await using app = await createNoticedApp({
    smtp: mailbox.url,
    folder: folder.path,
    now: () => NOW + 30 * DAY + 1,
  });
  const [off, announced] = await noticesOf(app);
  assert.deepEqual([announced?.kind, announced?.deliveries], ["announcement", []]);
  assert.equal(off?.deliveries.length, 2);
});
