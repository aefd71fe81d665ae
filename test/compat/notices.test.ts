import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import OpenAI from "openai";
import { dayOf } from "../../server/lifecycle/day.ts";
import { createReceiver } from "../../server/notices/fixtures/receiver.ts";
import { createHook } from "../../server/test-hooks.ts";
import {
  applyChange,
  createNoticedApp,
  DAY,
  noticesOf,
  projectOfKey,
  seed,
} from "../../server/test-notices.ts";
import { python } from "../support/server.ts";

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
