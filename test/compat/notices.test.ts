import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import OpenAI from "openai";
import { dayOf } from "../../server/lifecycle/day.ts";
import { createReceiver } from "../../server/notices/fixtures/receiver.ts";
import { createSendMail } from "../../server/notices/smtp.ts";
import { createHook } from "../../server/test-hooks.ts";
import {
  applyChange,
  createNoticedApp,
  DAY,
  noticesOf,
  projectOfKey,
  seed,
} from "../../server/test-notices.ts";
import { checkout, python } from "../support/server.ts";

const lacksPython = existsSync(python) ? false : "run `npm run setup` first: no Python";

test("the clients for Node and for Python take a notice's event, which names the notice", {
  skip: lacksPython,
}, async () => {
  const now = Math.floor(Date.now() / 1000);
  await using app = await createNoticedApp({ now: () => now });
  await using receiver = await createReceiver();
  const hook = await createHook(app, receiver.url, { event_types: ["perennial.lifecycle.notice"] });
  const calls = [{ at: now - DAY, model: "tiny-base" }];
  await seed(app.folder, await projectOfKey(app), { calls });
  await applyChange(app, { models: [{ id: "tiny-base", shutdown_at: dayOf(now + 100 * DAY) }] });
  const [notice] = await noticesOf(app);
  const [got] = await receiver.first(1);
  assert.ok(got && notice);
  const { webhooks } = new OpenAI({ apiKey: "unused" });
  const event = await webhooks.unwrap(got.body, got.headers, hook.signing_secret);
  assert.deepEqual([String(event.type), event.data], ["perennial.lifecycle.notice", { id: notice.id }]);
  const child = spawn(python, [join(import.meta.dirname, "notices_sdk.py")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(JSON.stringify({ body: got.body, headers: got.headers, secret: hook.signing_secret }));
  assert.equal((await text(child.stdout)).trim(), `event perennial.lifecycle.notice ${notice.id}`);
});

test("the mail server in examples/ prints what it is handed", async () => {
  const child = spawn(process.execPath, ["examples/mail-catcher.ts"], {
    cwd: checkout,
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const url = String((await lines.next()).value);
    const from = { name: "", address: "notices@example.com" };
    const ids = { messageId: "<mail_1@example.com>", listId: "<list.example.com>", date: 1_800_000_000 };
    const mail = { ...ids, from, to: "ops@example.com", subject: "A date", text: "x", html: "<p>x</p>" };
    const reply = await createSendMail({ url })(mail, new AbortController().signal);
    assert.deepEqual(reply, { kind: "accepted" });
    const printed: string[] = [];
    while (!printed.includes("Subject: A date")) printed.push(String((await lines.next()).value));
    assert.ok(printed.includes("To: ops@example.com"));
  } finally {
    child.kill();
    await once(child, "exit");
  }
});
