import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  cancelJob,
  createHook,
  createHookedApp,
  deliveriesOf,
  hasAttempts,
  hasStatus,
  LOG,
  NOW,
  waitForDelivery,
} from "../test-hooks.ts";
import { createJob, hasEnded } from "../test-job.ts";
import { answerWith, createReceiver } from "./fixtures/receiver.ts";
import type { Send, WebhookRequest } from "./send.ts";

function dataFolder() {
  const path = mkdtempSync(join(tmpdir(), "perennial-hooks-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

/** A network that takes a request and never says what became of it. */
function createSilence() {
  const requests: WebhookRequest[] = [];
  let called = () => {};
  const first = new Promise<void>((resolve) => {
    called = resolve;
  });
  const send: Send = (request, signal) => {
    requests.push(request);
    called();
    const unanswered = {
      statusCode: null,
      error: "stopped",
      response: null,
      retryAfter: null,
      durationMs: 0,
    };
    return new Promise((resolve) => signal.addEventListener("abort", () => resolve(unanswered)));
  };
  return { send, requests, first };
}

test("what was stored and not sent when the server went away is sent after the next start, byte for byte", async () => {
  using folder = dataFolder();
  await using receiver = await createReceiver();
  const silence = createSilence();
  const before = await createHookedApp({ folder: folder.path, sendWebhook: silence.send });
  const hook = await createHook(before, receiver.url);
  const first = await cancelJob(before);
  const second = await cancelJob(before);
  await silence.first;
  await before[Symbol.asyncDispose]();
  assert.equal(silence.requests.length, 1);

  await using app = await createHookedApp({ folder: folder.path });
  const got = await receiver.first(2);
  await waitForDelivery(app, hook, hasStatus("delivered"));
  assert.equal(got[0]?.body, silence.requests[0]?.body);
  assert.equal(got[0]?.headers["webhook-id"], silence.requests[0]?.headers["webhook-id"]);
  assert.deepEqual(
    got.map(({ body }) => JSON.parse(body).data.id),
    [first, second],
  );
  const log = await deliveriesOf(app, hook);
  assert.deepEqual(
    log.map(({ attempts }) => attempts.length),
    [1, 1],
    "an attempt that was broken off does not count",
  );
  assert.equal(receiver.received.length, 2);
});

test("a job that ends while nobody can send is told of by the next start, and by no later one again", async () => {
  using folder = dataFolder();
  await using receiver = await createReceiver();
  const before = await createHookedApp({ folder: folder.path, sendWebhook: createSilence().send });
  const hook = await createHook(before, receiver.url);
  const job = await createJob(before);
  const run = await before.nextRun();
  run.write({ type: "error", code: "server_error", message: "out of memory", param: null });
  run.end();
  await before.waitForJob(job.id, hasEnded);
  await before[Symbol.asyncDispose]();

  for (let starts = 0; starts < 3; starts += 1) {
    await using app = await createHookedApp({ folder: folder.path });
    await waitForDelivery(app, hook, hasStatus("delivered"));
  }
  assert.deepEqual(
    receiver.received.map(({ body }) => JSON.parse(body).data.id),
    [job.id],
  );
});

test("after a restart the schedule goes on where it was", async () => {
  using folder = dataFolder();
  await using receiver = await createReceiver(answerWith(500), answerWith(500), answerWith(200));
  const before = await createHookedApp({ folder: folder.path });
  const hook = await createHook(before, receiver.url);
  await cancelJob(before);
  const { next_attempt_at: due } = await waitForDelivery(before, hook, hasAttempts(1));
  await before[Symbol.asyncDispose]();

  await using app = await createHookedApp({ folder: folder.path });
  assert.equal((await deliveriesOf(app, hook))[0]?.next_attempt_at, due);
  app.advance((due ?? 0) - NOW);
  const second = await waitForDelivery(app, hook, hasAttempts(2));
  const wait = (second.next_attempt_at ?? 0) - app.clock.now;
  assert.ok(wait >= 27 && wait <= 33, `the second wait of the schedule, not ${wait}`);
});

test("after 30 days a delivery and its event are forgotten, but not one that still waits", async () => {
  using folder = dataFolder();
  await using receiver = await createReceiver(answerWith(200), answerWith(500));
  const before = await createHookedApp({ folder: folder.path });
  const hook = await createHook(before, receiver.url);
  await cancelJob(before);
  await waitForDelivery(before, hook, hasStatus("delivered"));
  await cancelJob(before);
  const waiting = await waitForDelivery(before, hook, hasAttempts(1));
  await before[Symbol.asyncDispose]();

  const later = NOW + 30 * 24 * 3600 + 1;
  await using app = await createHookedApp({ folder: folder.path, now: () => later });
  const left = await deliveriesOf(app, hook);
  assert.deepEqual(
    left.map(({ id }) => id),
    [waiting.id],
  );
  const replay = await app.json(app.post(`${LOG}/${hook.id}/replay`, { since: 0, include_delivered: true }));
  assert.equal(replay.count, 1);
});
