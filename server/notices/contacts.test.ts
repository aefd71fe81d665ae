import assert from "node:assert/strict";
import { after, test } from "node:test";
import { ErrorBody } from "../../contract/errors.ts";
import { ADMIN, createMember } from "../test-lifecycle.ts";
import {
  applyChange,
  CONTACTS,
  createNoticedApp,
  DAY,
  NOW,
  noticesOf,
  projectOfKey,
  seed,
  waitForMail,
} from "../test-notices.ts";
import { createMailbox, reject } from "./fixtures/mailbox.ts";

const smtp = "smtp://127.0.0.1:9";
const app = await createNoticedApp({ smtp });
after(() => app[Symbol.asyncDispose]());
const ann = await createMember(app, "ann");

const listOf = async (key: string) => (await app.json(app.call(CONTACTS, {}, key))).data;

test("an organization's admin adds, lists and removes its contacts", async () => {
  const add = async (sent: object) => app.json(app.post(CONTACTS, sent, ann.admin));
  const first = await add({ email: "ops@ann.example" });
  assert.match(first.id, /^ctc_\w{24}$/);
  assert.deepEqual(first, {
    id: first.id,
    object: "lifecycle.contact",
    email: "ops@ann.example",
    project_id: null,
    created_at: NOW,
  });
  const second = await add({ email: "ops@ann.example", project_id: ann.project });
  assert.deepEqual(await listOf(ann.admin), [second, first]);
  const page = await app.json(app.call(`${CONTACTS}?limit=1`, {}, ann.admin));
  assert.deepEqual([page.data, page.has_more], [[second], true]);
  const rest = await app.json(app.call(`${CONTACTS}?after=${page.last_id}`, {}, ann.admin));
  assert.deepEqual([rest.data, rest.has_more], [[first], false]);
  for (const { id } of [first, second]) {
    const gone = await app.json(app.call(`${CONTACTS}/${id}`, { method: "DELETE" }, ann.admin));
    assert.deepEqual(gone, { id, object: "lifecycle.contact.deleted", deleted: true });
  }
  assert.deepEqual(await listOf(ann.admin), []);
});

test("to another organization, also to the one that runs the server, a contact does not exist", async () => {
  const { id } = await app.json(app.post(CONTACTS, { email: "own@ann.example" }, ann.admin));
  const bob = await createMember(app, "bob");
  for (const key of [bob.admin, ADMIN]) {
    assert.deepEqual(await listOf(key), []);
    assert.equal((await app.call(`${CONTACTS}/${id}`, { method: "DELETE" }, key)).status, 404);
    assert.equal((await app.call(`${CONTACTS}?after=${id}`, {}, key)).status, 404);
    const sent = { email: "x@example.com", project_id: ann.project };
    assert.equal((await app.post(CONTACTS, sent, key)).status, 404);
  }
  assert.equal((await listOf(ann.admin)).length, 1);
});

const bad = [
  [{}, "email"],
  [{ email: 7 }, "email"],
  [{ email: "" }, "email"],
  [{ email: "ops" }, "email"],
  [{ email: "ops@" }, "email"],
  [{ email: "ops@localhost" }, "email"],
  [{ email: "a@example.com, b@example.com" }, "email"],
  [{ email: "a@example.com\r\nBcc: b@example.com" }, "email"],
  [{ email: "a@example.com\n" }, "email"],
  [{ email: "Ops <a@example.com>" }, "email"],
  [{ email: '"a b"@example.com' }, "email"],
  [{ email: "ö@example.com" }, "email"],
  [{ email: `${"a".repeat(250)}@example.com` }, "email"],
  [{ email: "a@example.com", project_id: 7 }, "project_id"],
  [{ email: "a@example.com", projects: [] }, "projects"],
] as const;

test("what is no address is refused with the parameter's name", async () => {
  for (const [sent, param] of bad) {
    const answer = await app.post(CONTACTS, sent, ann.admin);
    const { error } = ErrorBody.parse(JSON.parse(await answer.text()));
    assert.deepEqual([answer.status, error.param], [400, param], JSON.stringify(sent));
  }
  const known = await app.post(CONTACTS, { email: "OWN@ann.example" }, ann.admin);
  assert.equal((await app.json(known)).error.code, "contact_exists");
  const none = await app.post(CONTACTS, { email: "a@example.com", project_id: "proj_none" }, ann.admin);
  assert.deepEqual([none.status, (await app.json(none)).error.param], [404, "project_id"]);
});

test("a project's key manages no contacts, an archived project has none, a hundred are the most", async () => {
  for (const [path, init] of [
    [CONTACTS, {}],
    [CONTACTS, { method: "POST", body: "{}" }],
    [`${CONTACTS}/ctc_1`, { method: "DELETE" }],
  ] as const)
    assert.equal((await app.call(path, init, ann.key)).status, 403);
  const project = await app.json(app.post("/v1/organization/projects", { name: "Old" }, ann.admin));
  await app.post(`/v1/organization/projects/${project.id}/archive`, {}, ann.admin);
  const old = await app.post(CONTACTS, { email: "a@example.com", project_id: project.id }, ann.admin);
  assert.deepEqual([old.status, (await app.json(old)).error.param], [400, "project_id"]);
  const eve = await createMember(app, "eve");
  const add = async (_: unknown, index: number) =>
    (await app.post(CONTACTS, { email: `a${index}@example.com` }, eve.admin)).status;
  const answers = await Promise.all(Array.from({ length: 103 }, add));
  assert.equal(answers.filter((status) => status === 200).length, 100);
  assert.equal(answers.filter((status) => status === 400).length, 3);
});

test("where the server sends no mail a contact is refused with what its operator has to set", async () => {
  await using silent = await createNoticedApp();
  const answer = await silent.json(silent.post(CONTACTS, { email: "a@example.com" }, ADMIN));
  assert.equal(answer.error.code, "mail_not_configured");
  assert.match(answer.error.message, /PERENNIAL_SMTP_URL and PERENNIAL_MAIL_FROM/);
});

test("what waits for an address goes with its last contact", async () => {
  await using mailbox = await createMailbox([reject(451)]);
  await using mailing = await createNoticedApp({ smtp: mailbox.url });
  const caller = await projectOfKey(mailing);
  await seed(mailing.folder, caller, { calls: [{ at: NOW - DAY, model: "tiny-base" }] });
  const add = async (more = {}) =>
    (await mailing.json(mailing.post(CONTACTS, { email: "ops@example.com", ...more }, ADMIN))).id;
  const remove = (id: string) => mailing.call(`${CONTACTS}/${id}`, { method: "DELETE" }, ADMIN);
  const [whole, own] = [await add(), await add({ project_id: caller.project_id })];
  await applyChange(mailing, { models: [{ id: "tiny-base", shutdown_at: "2027-06-01" }] });
  await waitForMail(mailing, ({ error }) => error !== null);
  await remove(whole);
  assert.equal((await noticesOf(mailing))[0]?.deliveries[0]?.status, "pending");
  await remove(own);
  const [mail] = (await noticesOf(mailing))[0]?.deliveries ?? [];
  assert.deepEqual([mail?.status, mail?.error], ["failed", "The contact was removed."]);
});
