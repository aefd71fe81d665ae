import assert from "node:assert/strict";
import { test } from "node:test";
import { tenRows } from "../test-app.ts";
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
import { answerWith, createReceiver } from "./fixtures/receiver.ts";

const replayAll = (app: Awaited<ReturnType<typeof createHookedApp>>, id: string, more = {}) =>
  app.json(app.post(`${LOG}/${id}/replay`, { since: NOW, ...more }));

test("one delivery is sent again as a new one, with the same event", async () => {
  await using app = await createHookedApp();
  await using receiver = await createReceiver();
  const hook = await createHook(app, receiver.url);
  await cancelJob(app);
  const first = await waitForDelivery(app, hook, hasStatus("delivered"));
  const replayed = await app.json(app.post(`${LOG}/${hook.id}/deliveries/${first.id}/replay`, {}));
  assert.notEqual(replayed.id, first.id);
  assert.deepEqual([replayed.kind, replayed.event], ["replay", first.event]);
  const [one, two] = await receiver.first(2);
  assert.equal(one?.body, two?.body);
  assert.equal(one?.headers["webhook-id"], two?.headers["webhook-id"]);
});

test("a delivery that waits for its next attempt is sent now instead of twice", async () => {
  await using app = await createHookedApp();
  await using receiver = await createReceiver(answerWith(500), answerWith(200));
  const hook = await createHook(app, receiver.url);
  await cancelJob(app);
  const waiting = await waitForDelivery(app, hook, hasAttempts(1));
  const replayed = await app.json(app.post(`${LOG}/${hook.id}/deliveries/${waiting.id}/replay`, {}));
  assert.equal(replayed.id, waiting.id);
  await waitForDelivery(app, hook, hasStatus("delivered"));
  assert.equal((await deliveriesOf(app, hook)).length, 1);
});

test("all since a time: what was not taken, or everything if asked, never an event of before", async () => {
  await using app = await createHookedApp();
  await using receiver = await createReceiver();
  const before = await cancelJob(app);
  app.clock.now += 100;
  const hook = await createHook(app, receiver.url);
  const first = await cancelJob(app);
  await waitForDelivery(app, hook, hasStatus("delivered"));
  assert.equal((await replayAll(app, hook.id, { since: NOW + 1 })).count, 0);
  assert.equal((await replayAll(app, hook.id, { since: NOW + 1, include_delivered: true })).count, 1);
  await receiver.first(2);
  await waitForDelivery(app, hook, hasStatus("delivered"));
  assert.equal((await replayAll(app, hook.id)).count, 1, "the event of before the endpoint was made");
  await receiver.first(3);
  assert.deepEqual(
    receiver.received.map(({ body }) => JSON.parse(body).data.id),
    [first, first, before],
  );
});

test("replaying twice in a row doubles nothing that still waits", async () => {
  await using app = await createHookedApp();
  await using receiver = await createReceiver(() => {});
  const hook = await createHook(app, receiver.url);
  for (let count = 0; count < 3; count += 1) await cancelJob(app);
  for (let count = 0; count < 2; count += 1) {
    assert.equal((await replayAll(app, hook.id, { include_delivered: true })).count, 3);
  }
  assert.equal((await deliveriesOf(app, hook)).length, 3);
});

test("an event that the endpoint does not want is not replayed to it", async () => {
  await using app = await createHookedApp();
  const hook = await createHook(app, "http://127.0.0.1:9/", { event_types: ["fine_tuning.job.succeeded"] });
  await cancelJob(app);
  assert.equal((await replayAll(app, hook.id)).count, 0);
});

test("the log is read page by page and by status, newest first", async () => {
  await using app = await createHookedApp();
  await using receiver = await createReceiver(answerWith(410), answerWith(200));
  const hook = await createHook(app, receiver.url);
  await cancelJob(app);
  await waitForDelivery(app, hook, hasStatus("failed"));
  await app.post(`${LOG}/${hook.id}`, { enabled: true });
  for (let count = 0; count < 4; count += 1) await cancelJob(app);
  await receiver.first(5);
  await waitForDelivery(app, hook, hasStatus("delivered"));
  const all = (await deliveriesOf(app, hook)).map(({ id }) => id);
  const read: string[] = [];
  for (let after = ""; ; ) {
    const page = await app.json(app.call(`${LOG}/${hook.id}/deliveries?limit=2${after}`));
    assert.deepEqual([page.first_id, page.last_id], [page.data[0].id, page.data.at(-1).id]);
    read.push(...page.data.map(({ id }: { id: string }) => id));
    after = `&after=${page.last_id}`;
    if (!page.has_more) break;
  }
  assert.deepEqual([read, read.length], [all, 5]);
  const failed = await app.json(app.call(`${LOG}/${hook.id}/deliveries?status=failed`));
  assert.deepEqual(
    failed.data.map(({ id }: { id: string }) => id),
    [all.at(-1)],
  );
});

test("another project's events are neither sent nor replayed", async () => {
  await using app = await createHookedApp();
  await using receiver = await createReceiver();
  const hook = await createHook(app, receiver.url);
  const other = await app.otherKey();
  const file = await app.json(app.upload(tenRows, { key: other }));
  const request = { model: "tiny-base", training_file: file.id };
  const job = await app.json(app.post("/v1/fine_tuning/jobs", request, other));
  const cancelled = await app.json(app.post(`/v1/fine_tuning/jobs/${job.id}/cancel`, {}, other));
  assert.equal(cancelled.status, "cancelled");
  assert.equal((await replayAll(app, hook.id, { include_delivered: true })).count, 0);
  assert.deepEqual(await deliveriesOf(app, hook), []);
});

test("sample events are not replayed with the real ones", async () => {
  await using app = await createHookedApp();
  await using receiver = await createReceiver(answerWith(500));
  const hook = await createHook(app, receiver.url);
  await app.json(app.post(`${HOOKS}/${hook.id}/test`, { event_type: "fine_tuning.job.failed" }));
  assert.equal((await replayAll(app, hook.id, { include_delivered: true })).count, 0);
});
