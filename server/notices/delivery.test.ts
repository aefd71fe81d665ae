import assert from "node:assert/strict";
import { test } from "node:test";
import OpenAI from "openai";
import {
  cancelJob,
  createHook,
  createHookedApp,
  deliveriesOf,
  HOOKS,
  hasAttempts,
  hasStatus,
  LOG,
  NOW,
  waitForDelivery,
} from "../test-hooks.ts";
import { createJob, hasEnded, playAll } from "../test-job.ts";
import { answerWith, createReceiver } from "./fixtures/receiver.ts";

test("each way a job ends is told once, to the endpoints that want it", async () => {
  await using app = await createHookedApp({ now: () => Math.floor(Date.now() / 1000) });
  await using receiver = await createReceiver();
  await using failures = await createReceiver();
  const hook = await createHook(app, receiver.url);
  const onlyFailures = await createHook(app, failures.url, { event_types: ["fine_tuning.job.failed"] });
  const succeeded = await createJob(app);
  playAll(await app.nextRun());
  await app.waitForJob(succeeded.id, hasEnded);
  const failed = await createJob(app);
  const run = await app.nextRun();
  run.write({ type: "error", code: "server_error", message: "out of memory", param: null });
  run.end();
  await app.waitForJob(failed.id, hasEnded);
  const cancelled = await cancelJob(app);
  const got = await receiver.first(3);
  const { webhooks } = new OpenAI({ apiKey: "not used" });
  const events = await Promise.all(
    got.map(({ body, headers }) => webhooks.unwrap(body, headers, hook.signing_secret)),
  );
  assert.deepEqual(
    events.map(({ type, data }) => [type, data]),
    [
      ["fine_tuning.job.succeeded", { id: succeeded.id }],
      ["fine_tuning.job.failed", { id: failed.id }],
      ["fine_tuning.job.cancelled", { id: cancelled }],
    ],
  );
  for (const [index, { headers }] of got.entries()) assert.equal(headers["webhook-id"], events[index]?.id);
  await waitForDelivery(app, onlyFailures, hasStatus("delivered"));
  assert.deepEqual(
    failures.received.map(({ body }) => JSON.parse(body).id),
    [events[1]?.id],
  );
  assert.equal((await deliveriesOf(app, hook)).length, 3);
});

test("a job that was cancelled twice, or whose file is bad, is told once", async () => {
  await using app = await createHookedApp();
  await using receiver = await createReceiver();
  const hook = await createHook(app, receiver.url);
  const id = await cancelJob(app);
  assert.equal((await app.post(`/v1/fine_tuning/jobs/${id}/cancel`, {})).status, 400);
  const bad = await app.json(app.upload('{"messages": []}\n'));
  const job = await app.json(app.post("/v1/fine_tuning/jobs", { model: "tiny-base", training_file: bad.id }));
  await app.waitForJob(job.id, hasEnded);
  await receiver.first(2);
  await waitForDelivery(app, hook, hasStatus("delivered"));
  assert.deepEqual(
    receiver.received.map(({ body }) => JSON.parse(body).data.id),
    [id, job.id],
  );
});

test("what fails is tried again when it is due, the same bytes under the same id, until it is taken", async () => {
  await using app = await createHookedApp();
  await using receiver = await createReceiver(answerWith(500, {}, "oops"), answerWith(404), answerWith(204));
  const hook = await createHook(app, receiver.url);
  await cancelJob(app);
  const first = await waitForDelivery(app, hook, hasAttempts(1));
  assert.equal(first.status, "pending");
  const wait = (first.next_attempt_at ?? 0) - NOW;
  assert.ok(wait >= 5 && wait <= 6, String(wait));
  app.advance(wait - 1);
  app.advance(1);
  const second = await waitForDelivery(app, hook, hasAttempts(2));
  app.advance((second.next_attempt_at ?? 0) - app.clock.now);
  const done = await waitForDelivery(app, hook, hasStatus("delivered"));
  assert.deepEqual(
    done.attempts.map(({ status_code }) => status_code),
    [500, 404, 204],
  );
  assert.deepEqual([done.next_attempt_at, done.finished_at], [null, app.clock.now]);
  assert.equal(new Set(receiver.received.map(({ body }) => body)).size, 1);
  assert.equal(new Set(receiver.received.map(({ headers }) => headers["webhook-id"])).size, 1);
  assert.equal(new Set(receiver.received.map(({ headers }) => headers["webhook-timestamp"])).size, 3);
  const whole = await app.json(app.call(`${LOG}/${hook.id}/deliveries/${done.id}`));
  assert.equal(whole.attempts[0].response, "oops");
});

test("after about a day and eleven attempts a delivery has failed for good", async () => {
  await using app = await createHookedApp();
  await using receiver = await createReceiver(answerWith(503));
  const hook = await createHook(app, receiver.url);
  await cancelJob(app);
  for (let count = 1; count <= 11; count += 1) {
    const { next_attempt_at } = await waitForDelivery(app, hook, hasAttempts(count));
    app.advance((next_attempt_at ?? app.clock.now) - app.clock.now);
  }
  const [delivery] = await deliveriesOf(app, hook);
  assert.equal(delivery?.status, "failed");
  assert.equal(receiver.received.length, 11);
  assert.ok(Math.abs(app.clock.now - NOW - 85_355) < 9000);
});

test("an endpoint that hangs does not hold up another, nor a dead one of many deliveries", async () => {
  await using app = await createHookedApp();
  await using hanging = await createReceiver(() => {});
  await using alive = await createReceiver();
  const dead = await createHook(app, hanging.url);
  const hook = await createHook(app, alive.url);
  for (let count = 0; count < 5; count += 1) await cancelJob(app);
  await alive.first(5);
  await waitForDelivery(app, hook, hasStatus("delivered"));
  assert.equal(hanging.received.length, 1);
  const waiting = await deliveriesOf(app, dead);
  assert.ok(waiting.every(({ status, attempts }) => status === "pending" && attempts.length === 0));
});

test("410 switches the endpoint off and fails what waits; enabled again, it can be replayed", async () => {
  await using app = await createHookedApp();
  await using receiver = await createReceiver(answerWith(500), answerWith(410), answerWith(200));
  const hook = await createHook(app, receiver.url);
  await cancelJob(app);
  await waitForDelivery(app, hook, hasAttempts(1));
  await cancelJob(app);
  await waitForDelivery(app, hook, hasStatus("failed"));
  const off = await app.json(app.call(`${HOOKS}/${hook.id}`));
  assert.equal(off.enabled, false);
  assert.match(off.disabled_reason, /410/);
  const log = await deliveriesOf(app, hook);
  assert.deepEqual(
    log.map(({ status, next_attempt_at }) => [status, next_attempt_at]),
    [
      ["failed", null],
      ["failed", null],
    ],
  );
  await cancelJob(app);
  assert.equal((await deliveriesOf(app, hook)).length, 2);
  const refused = await app.json(app.post(`${LOG}/${hook.id}/replay`, { since: 0 }));
  assert.equal(refused.error.code, "webhook_disabled");
  const on = await app.json(app.post(`${HOOKS}/${hook.id}`, { enabled: true }));
  assert.deepEqual([on.enabled, on.disabled_reason], [true, null]);
  const replay = await app.json(app.post(`${LOG}/${hook.id}/replay`, { since: NOW }));
  assert.equal(replay.count, 3, "also the event that the endpoint was never sent");
  await receiver.first(5);
});

test("an endpoint that is switched off or deleted while it is being sent to gets nothing more", async () => {
  await using app = await createHookedApp();
  const answers: (() => void)[] = [];
  await using receiver = await createReceiver((response) => answers.push(() => response.end("ok")));
  const hook = await createHook(app, receiver.url);
  const gone = await createHook(app, receiver.url);
  await cancelJob(app);
  await receiver.first(2);
  await app.json(app.post(`${HOOKS}/${hook.id}`, { enabled: false }));
  await app.call(`${HOOKS}/${gone.id}`, { method: "DELETE" });
  assert.deepEqual(
    (await deliveriesOf(app, hook)).map(({ status }) => status),
    ["failed"],
  );
  for (const answer of answers) answer();
  const arrived = await waitForDelivery(app, hook, hasStatus("delivered"));
  assert.equal(arrived.attempts[0]?.status_code, 200);
  assert.equal((await app.call(`${HOOKS}/${gone.id}`)).status, 404);
});

test("a rotated secret signs alone, or beside the old one for a day if asked", async () => {
  await using app = await createHookedApp();
  await using receiver = await createReceiver();
  const hook = await createHook(app, receiver.url);
  const signatures = async (count: number) => {
    await cancelJob(app);
    const got = (await receiver.first(count)).at(-1);
    return (got?.headers["webhook-signature"] ?? "").split(" ").length;
  };
  await app.post(`${HOOKS}/${hook.id}/rotate_secret`, {});
  assert.equal(await signatures(1), 1);
  await app.post(`${HOOKS}/${hook.id}/rotate_secret`, { keep_old_secret_active_for_24_hours: true });
  assert.equal(await signatures(2), 2);
  app.advance(24 * 3600);
  assert.equal(await signatures(3), 1);
});

test("a 410 from a URL that was replaced meanwhile does not switch the new one off", async () => {
  await using app = await createHookedApp();
  const { promise: mayAnswer, resolve: answer } = Promise.withResolvers<void>();
  await using old = await createReceiver(async (response) => {
    await mayAnswer;
    response.writeHead(410).end();
  });
  await using current = await createReceiver();
  const hook = await createHook(app, old.url);
  await cancelJob(app);
  await old.first(1);
  await app.json(app.post(`${HOOKS}/${hook.id}`, { url: current.url }));
  answer();
  await waitForDelivery(app, hook, hasStatus("failed"));
  assert.equal((await app.json(app.call(`${HOOKS}/${hook.id}`))).enabled, true);
  await cancelJob(app);
  await current.first(1);
});
