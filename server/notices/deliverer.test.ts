import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLog } from "../platform/log.ts";
import { createDeliverer, requestFor } from "./deliverer.ts";
import type { NextDelivery, OutboxStore } from "./outbox-store.ts";
import type { Reply } from "./retry.ts";
import type { Send } from "./send.ts";
import { newSecret } from "./signature.ts";

const NOW = 1_800_000_000;
const taken: Reply = { statusCode: 200, error: null, response: "", retryAfter: null, durationMs: 1 };

const delivery = (name: string, more: Partial<NextDelivery> = {}): NextDelivery => ({
  id: `whd_${name}`,
  endpoint_id: `whe_${name}`,
  event_id: `evt_${name}`,
  body: "{}",
  attempts: 0,
  next_attempt_at: NOW,
  url: `https://${name}.example/`,
  secret: newSecret(),
  old_secret: null,
  old_secret_until: null,
  ...more,
});

/** Deliveries in memory, each finished once; the test decides what fails. */
function createShelf(all: readonly NextDelivery[], { list = 0, finish = 0 } = {}) {
  const waiting = new Set(all);
  const left = { list, finish };
  const { promise: empty, resolve } = Promise.withResolvers<void>();
  const store: OutboxStore = {
    async listNext(busy, limit) {
      if (left.list-- > 0) throw new Error("no database");
      const idle = [...waiting].filter((one) => !busy.includes(one.endpoint_id));
      const first = Map.groupBy(idle, (one) => one.endpoint_id).values();
      return [...first].flatMap(([one]) => (one ? [one] : [])).slice(0, limit);
    },
    async finishAttempt(one) {
      if (left.finish-- > 0) throw new Error("disk full");
      waiting.delete(one);
      if (waiting.size === 0) resolve();
    },
  };
  return { store, empty };
}

const needs = { now: () => NOW, random: () => 0.5, log: silentLog, retryMs: 1 };
// A delivery that is lost would keep its test waiting for ever.
const limited = { timeout: 10_000 };

test(
  "no more endpoints are sent to at a time than the limit says, and all of them are",
  limited,
  async () => {
    const { store, empty } = createShelf(Array.from({ length: 10 }, (_, index) => delivery(`e${index}`)));
    let [atOnce, most] = [0, 0];
    const send: Send = async () => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      await new Promise((resolve) => setImmediate(resolve));
      atOnce -= 1;
      return taken;
    };
    await using deliverer = createDeliverer({ ...needs, store, send, limit: 3 });
    deliverer.wake();
    await empty;
    assert.equal(most, 3);
  },
);

test("an endpoint is never sent two deliveries at a time", limited, async () => {
  const { store, empty } = createShelf(
    ["a", "b", "c"].map((name) => delivery(name, { endpoint_id: "whe_1" })),
  );
  let [atOnce, most] = [0, 0];
  const send: Send = async () => {
    atOnce += 1;
    most = Math.max(most, atOnce);
    await new Promise((resolve) => setImmediate(resolve));
    atOnce -= 1;
    return taken;
  };
  await using deliverer = createDeliverer({ ...needs, store, send });
  deliverer.wake();
  deliverer.wake();
  await empty;
  assert.equal(most, 1);
});

test(
  "a database that fails is asked again, and a delivery that could not be written down is sent again",
  limited,
  async () => {
    const { store, empty } = createShelf([delivery("a")], { list: 2, finish: 1 });
    let sent = 0;
    const send: Send = async () => {
      sent += 1;
      return taken;
    };
    await using deliverer = createDeliverer({ ...needs, store, send });
    deliverer.wake();
    const alive = setInterval(() => {}, 1000);
    await empty;
    clearInterval(alive);
    assert.equal(sent, 2);
  },
);

test("what is due later is sent then, with nobody waking anybody", limited, async () => {
  const clock = () => Math.floor(Date.now() / 1000);
  const due = clock() + 1;
  const { store, empty } = createShelf([delivery("a", { next_attempt_at: due })]);
  let sentAt = 0;
  const send: Send = async () => {
    sentAt = clock();
    return taken;
  };
  await using deliverer = createDeliverer({ ...needs, now: clock, store, send });
  deliverer.wake();
  // The deliverer's own timer keeps no process alive.
  const alive = setInterval(() => {}, 1000);
  await empty;
  clearInterval(alive);
  assert.ok(sentAt >= due && sentAt <= due + 1);
});

test("stopping breaks off what is in flight and sends nothing more", limited, async () => {
  const { store } = createShelf([delivery("a"), delivery("b")]);
  let sent = 0;
  const { promise: started, resolve: start } = Promise.withResolvers<void>();
  const send: Send = (_request, signal) => {
    sent += 1;
    start();
    return new Promise((resolve) => signal.addEventListener("abort", () => resolve(taken)));
  };
  const deliverer = createDeliverer({ ...needs, store, send, limit: 1 });
  deliverer.wake();
  await started;
  await deliverer[Symbol.asyncDispose]();
  deliverer.wake();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(sent, 1);
});

test("the old secret signs too, until its time has passed", () => {
  const rotated = delivery("a", { old_secret: newSecret(), old_secret_until: NOW + 10 });
  const signatures = (now: number) =>
    requestFor(rotated, now).headers["webhook-signature"]?.split(" ").length;
  assert.deepEqual([signatures(NOW + 9), signatures(NOW + 10)], [2, 1]);
});
