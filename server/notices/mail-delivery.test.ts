import assert from "node:assert/strict";
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
import { accept, type Behaviour, createMailbox, drop, reject } from "./fixtures/mailbox.ts";

const ending = { models: [{ id: "tiny-base", shutdown_at: "2027-06-01", reason: "<b>old</b> & slow" }] };
const isSent = ({ status }: { status: string }) => status === "sent";
const isFailed = ({ status }: { status: string }) => status === "failed";
const hasTried = (count: number) => (mail: { attempts: number; error: string | null }) =>
  mail.attempts === count && mail.error !== null;

/** One project with a use of the base, and one contact of its organization. */
async function prepare(app: NoticedApp, email = "ops@example.com"): Promise<void> {
  await seed(app.folder, await projectOfKey(app), { calls: [{ at: NOW - DAY, model: "tiny-base" }] });
  const contact = await app.json(app.post(CONTACTS, { email }, ADMIN));
  assert.match(contact.id, /^ctc_/);
}

test("a notice arrives as one mail of text and HTML, from the sender, marked as sent by a machine", async () => {
  await using mailbox = await createMailbox();
  await using app = await createNoticedApp({ smtp: mailbox.url });
  await prepare(app);
  await applyChange(app, ending);
  const delivery = await waitForMail(app, isSent);
  const [notice] = await noticesOf(app);
  assert.deepEqual(delivery, {
    channel: "mail",
    address: "ops@example.com",
    status: "sent",
    attempts: 1,
    error: null,
    finished_at: NOW,
  });
  const [mail] = mailbox.received;
  assert.ok(mail && notice);
  assert.deepEqual([mail.from, mail.to], ["notices@example.com", ["ops@example.com"]]);
  assert.deepEqual(
    [mail.headers.from, mail.headers.to, mail.headers.subject],
    ["Perennial <notices@example.com>", "ops@example.com", notice.title],
  );
  assert.match(mail.headers["message-id"] ?? "", /^<mail_\w{24}@example\.com>$/);
  assert.equal(mail.headers["auto-submitted"], "auto-generated");
  assert.equal(mail.headers["list-id"], "<lifecycle-notices.example.com>");
  assert.equal(Date.parse(mail.headers.date ?? "") / 1000, NOW);
  assert.ok(mail.text.includes(notice.text.trim()), mail.text);
  assert.ok(mail.html.includes("Reason: &lt;b&gt;old&lt;/b&gt; &amp; slow"), mail.html);
  assert.equal(mail.html.includes("<b>"), false);
});

test("what there is to tell an address at one moment is one mail, also where it is a contact twice", async () => {
  await using mailbox = await createMailbox();
  await using app = await createNoticedApp({ smtp: mailbox.url });
  const caller = await projectOfKey(app);
  await seed(app.folder, caller, { models: ["ft:tiny-base:personal::Ab12Cd34"] });
  await prepare(app);
  const own = { email: "OPS@example.com", project_id: caller.project_id };
  assert.equal((await app.post(CONTACTS, own, ADMIN)).status, 200);
  await applyChange(app, ending);
  await waitForMail(app, isSent);
  const all = await noticesOf(app);
  assert.equal(all.length, 3);
  assert.equal(mailbox.received.length, 1);
  assert.match(mailbox.received[0]?.headers.subject ?? "", /^3 notices: /);
  for (const { title } of all) assert.ok(mailbox.received[0]?.text.includes(title), title);
  assert.ok(all.every(({ deliveries }) => deliveries.length === 1));
});

test("a contact of one project hears of that project alone", async () => {
  await using mailbox = await createMailbox();
  await using app = await createNoticedApp({ smtp: mailbox.url });
  const other = await app.json(app.post("/v1/organization/projects", { name: "Other" }, ADMIN));
  const contact = { email: "other@example.com", project_id: other.id };
  assert.equal((await app.post(CONTACTS, contact, ADMIN)).status, 200);
  await prepare(app);
  await applyChange(app, ending);
  await waitForMail(app, isSent);
  const [notice] = await noticesOf(app);
  assert.deepEqual(
    notice?.deliveries.map(({ address }) => address),
    ["ops@example.com"],
  );
});

test("what is refused for now is tried again when it is due, the same mail, until it is taken", async () => {
  await using mailbox = await createMailbox([reject(451, "try later"), reject(450), accept]);
  await using app = await createNoticedApp({ smtp: mailbox.url });
  await prepare(app);
  await applyChange(app, ending);
  const first = await waitForMail(app, hasTried(1));
  assert.deepEqual([first.status, /451 try later/.test(first.error ?? "")], ["pending", true]);
  app.advance(3);
  app.advance(3);
  await waitForMail(app, hasTried(2));
  app.advance(40);
  const sent = await waitForMail(app, isSent);
  assert.deepEqual([sent.attempts, sent.error, sent.finished_at], [3, null, NOW + 46]);
  const ids = new Set(mailbox.tried.map(({ headers }) => headers["message-id"]));
  assert.deepEqual([mailbox.tried.length, mailbox.received.length, ids.size], [3, 1, 1]);
});

test("what is refused for good is not tried again", async () => {
  await using mailbox = await createMailbox([reject(554, "never")]);
  await using app = await createNoticedApp({ smtp: mailbox.url });
  await prepare(app);
  await applyChange(app, ending);
  const failed = await waitForMail(app, isFailed);
  assert.deepEqual([failed.attempts, /554 never/.test(failed.error ?? "")], [1, true]);
  app.advance(2 * DAY);
  await app.tick();
  assert.equal(mailbox.tried.length, 1);
});

test("an address that the server does not know fails at once; the other address gets its mail", async () => {
  const unknown = Object.assign(new Error("no such user"), { responseCode: 550 });
  await using mailbox = await createMailbox([accept], { atRecipient: [unknown, null] });
  await using app = await createNoticedApp({ smtp: mailbox.url });
  await prepare(app, "gone@example.com");
  await app.post(CONTACTS, { email: "here@example.com" }, ADMIN);
  await applyChange(app, ending);
  await waitForMail(app, isSent);
  const failed = await waitForMail(app, isFailed);
  assert.match(failed.error ?? "", /550 no such user/);
  const [notice] = await noticesOf(app);
  assert.equal(new Set(notice?.deliveries.map(({ status }) => status)).size, 2);
});

type Answer = (error: Error | null, response?: { user: string }) => void;

test("a server that refuses our account is tried for a day, since that can be mended", async () => {
  const options = {
    authOptional: false,
    allowInsecureAuth: true,
    onAuth: (_: unknown, __: unknown, callback: Answer) =>
      callback(Object.assign(new Error("bad password"), { responseCode: 535 })),
  };
  await using mailbox = await createMailbox([accept], options);
  const smtp = mailbox.url.replace("smtp://", "smtp://user:hunter2secret@");
  await using app = await createNoticedApp({ smtp });
  await prepare(app);
  await applyChange(app, ending);
  for (let count = 1; count <= 11; count += 1) {
    await waitForMail(app, hasTried(count));
    app.advance(11 * 3600);
  }
  const failed = await waitForMail(app, isFailed);
  assert.match(failed.error ?? "", /535/);
  assert.equal(failed.error?.includes("hunter2secret"), false);
});

test("a server that hangs, or is not there, holds up nothing: not the API, not other mail", async () => {
  const toFirst: Behaviour = ({ to }) => (to.includes("first@example.com") ? null : "accept");
  await using mailbox = await createMailbox([toFirst]);
  await using app = await createNoticedApp({ smtp: mailbox.url });
  await prepare(app, "first@example.com");
  await app.post(CONTACTS, { email: "second@example.com" }, ADMIN);
  await applyChange(app, ending);
  const sent = await waitForMail(app, isSent);
  assert.equal(sent.address, "second@example.com");
  const [notice] = await noticesOf(app);
  assert.deepEqual(
    notice?.deliveries.map(({ address, status }) => `${address} ${status}`),
    ["first@example.com pending", "second@example.com sent"],
  );
});

test("a connection that breaks after the mail was taken is tried again under the same Message-ID", async () => {
  await using mailbox = await createMailbox([drop, accept]);
  await using app = await createNoticedApp({ smtp: mailbox.url });
  await prepare(app);
  await applyChange(app, ending);
  await waitForMail(app, hasTried(1));
  app.advance(6);
  await waitForMail(app, isSent);
  const [first, second] = mailbox.received.map(({ headers, text }) => [headers["message-id"], text]);
  assert.deepEqual(first, second);
});

test("neither an address nor the SMTP password stands in the log, whatever happens", async () => {
  const lines: string[] = [];
  const keep = (facts: object, message: string) => {
    lines.push(
      `${message} ${JSON.stringify(facts, (_, value) => (value instanceof Error ? value.stack : value))}`,
    );
  };
  const behaviours = [reject(451, "ops@example.com"), reject(554, "ops@example.com")];
  const onAuth = (_: unknown, __: unknown, callback: Answer) => callback(null, { user: "user" });
  await using mailbox = await createMailbox(behaviours, { allowInsecureAuth: true, onAuth });
  const smtp = mailbox.url.replace("smtp://", "smtp://user:hunter2secret@");
  await using app = await createNoticedApp({
    smtp,
    parts: { log: { info: keep, warn: keep, error: keep } },
  });
  await prepare(app);
  await applyChange(app, ending);
  await waitForMail(app, hasTried(1));
  app.advance(10);
  await waitForMail(app, isFailed);
  const log = lines.join("\n");
  assert.match(log, /notice not mailed/);
  for (const secret of ["ops@example.com", "hunter2secret"]) assert.equal(log.includes(secret), false, log);
});
