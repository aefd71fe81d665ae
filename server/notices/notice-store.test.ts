import assert from "node:assert/strict";
import { test } from "node:test";
import { openDatabase } from "../database/database.ts";
import { newNoticeId } from "../platform/ids.ts";
import { NOW } from "../test-notices.ts";
import { createNoticeStore, type NewNotice } from "./notice-store.ts";

async function openStore() {
  const db = openDatabase(":memory:");
  const at = { created_at: NOW };
  await db
    .insertInto("organizations")
    .values({ id: "org-1", slug: "one", ...at })
    .execute();
  await db
    .insertInto("projects")
    .values({ id: "proj_1", organization_id: "org-1", name: "p", is_default: 1, archived_at: null, ...at })
    .execute();
  await db
    .insertInto("notice_contacts")
    .values({ id: "ctc_1", organization_id: "org-1", project_id: null, email: "a@example.com", ...at })
    .execute();
  const count = async (table: "webhook_events" | "notice_mails") =>
    (await db.selectFrom(table).select("id").execute()).length;
  return { db, store: createNoticeStore(db), count };
}

const notice = (follows: number, step: number): NewNotice => ({
  id: newNoticeId(),
  organization_id: "org-1",
  project_id: "proj_1",
  kind: step === 0 ? "announcement" : "reminder",
  what: "shutdown",
  subject: "tiny-base",
  detail: "",
  date: "2027-06-01",
  event_date: "2027-06-01",
  step,
  follows,
  created_at: NOW,
  content: "{}",
});

test("of two that follow the same notice one is told; the other leaves no event and no mail", async () => {
  const { db, store, count } = await openStore();
  const outlets = { sendsMail: true };
  assert.equal(await store.tell([notice(0, 0)], 0, outlets), 1);
  assert.equal(await store.tell([notice(0, 0)], 0, outlets), 0);
  assert.equal(
    await store.tell([notice(0, 1)], 0, outlets),
    0,
    "another day's, by who has not seen the first",
  );
  const [told, ...more] = await store.listTold();
  assert.deepEqual([told?.step, more.length], [0, 0]);
  assert.equal(await store.tell([notice(told?.seq ?? 0, 1)], 0, outlets), 1);
  assert.deepEqual([await count("webhook_events"), await count("notice_mails")], [2, 2]);
  assert.deepEqual(
    (await store.listTold()).map(({ step }) => step),
    [1],
  );
  await db.destroy();
});

test("nothing is told of what was in force before the last change", async () => {
  const { db, store, count } = await openStore();
  await db
    .insertInto("lifecycle_changes")
    .values({
      ...{ id: "lcc_1", created_at: NOW, key_id: "key_1", note: null, plan_hash: "x", document: "{}" },
      ...{ entries: "[]", undoes: null, undo_until: null },
    })
    .execute();
  assert.equal(await store.tell([notice(0, 0)], 0, { sendsMail: true }), 0);
  assert.equal(await store.tell([notice(0, 0)], await store.version(), { sendsMail: false }), 1);
  assert.deepEqual([await count("webhook_events"), await count("notice_mails")], [1, 0]);
  await db.destroy();
});

test("what fails half-way leaves nothing behind, and is told the next time", async () => {
  const { db, store, count } = await openStore();
  const stranger = { ...notice(0, 0), project_id: "proj_none" };
  await assert.rejects(store.tell([notice(0, 0), stranger], 0, { sendsMail: true }));
  assert.deepEqual(await store.listTold(), []);
  assert.deepEqual([await count("webhook_events"), await count("notice_mails")], [0, 0]);
  assert.equal(await store.tell([notice(0, 0)], 0, { sendsMail: true }), 1);
  await db.destroy();
});
