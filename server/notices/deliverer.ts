import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { NextDelivery, OutboxStore } from "./outbox-store.ts";
import { judge } from "./retry.ts";
import type { Send, WebhookRequest } from "./send.ts";
import { signedHeaders } from "./signature.ts";
import { validSecrets } from "./webhook.ts";

type Needs = {
  store: OutboxStore;
  send: Send;
  now: Clock;
  log: Log;
  random: () => number;
  /** Endpoints that are sent to at the same time; each gets one delivery at a time. */
  limit?: number;
  /** Something went wrong on our side: how long until it is tried again. */
  retryMs?: number;
};

/** The clock may be set, and a timer holds no more than 24 days. */
const LONGEST_SLEEP_MS = 3600 * 1000;

export const requestFor = (delivery: NextDelivery, now: number): WebhookRequest => {
  const { url, body, event_id: id } = delivery;
  return { url, body, headers: signedHeaders(validSecrets(delivery, now), { id, timestamp: now, body }) };
};

/**
 * Sends what is due. It looks when it is woken and sleeps until the next attempt is due, so nothing polls. An endpoint
 * that is slow or dead holds up only itself: it has one delivery in flight, and the others have theirs.
 */
export function createDeliverer({ store, send, now, log, random, limit = 32, retryMs = 5000 }: Needs) {
  const stopping = new AbortController();
  const busy = new Map<string, Promise<void>>();
  let looking: Promise<void> | null = null;
  let lookAgain = false;
  let timer: NodeJS.Timeout | undefined;

  function wakeIn(ms: number): void {
    clearTimeout(timer);
    if (!stopping.signal.aborted) timer = setTimeout(wake, Math.min(ms, LONGEST_SLEEP_MS)).unref();
  }

  async function attempt(delivery: NextDelivery): Promise<void> {
    const startedAt = now();
    const reply = await send(requestFor(delivery, startedAt), stopping.signal);
    // Whether it arrived is not known: it is sent again after the next start, under the same webhook-id.
    if (stopping.signal.aborted) return;
    const ended = now();
    const verdict = judge(reply, { attempts: delivery.attempts + 1, now: ended, random: random() });
    await store.finishAttempt(delivery, { startedAt, reply }, verdict, ended);
    const { id: deliveryId, endpoint_id: webhookId } = delivery;
    const facts = { deliveryId, webhookId, status: reply.statusCode, verdict: verdict.kind };
    if (verdict.kind === "delivered") log.info(facts, "webhook delivered");
    else log.warn(facts, "webhook not delivered");
  }

  function start(delivery: NextDelivery): void {
    const id = delivery.endpoint_id;
    const free = () => {
      busy.delete(id);
      wake();
    };
    const done = attempt(delivery).then(free, (err: unknown) => {
      log.error({ err, deliveryId: delivery.id }, "a webhook's delivery failed on our side");
      // Busy for a while, or it would be tried without a pause.
      if (!stopping.signal.aborted) setTimeout(free, retryMs).unref();
    });
    busy.set(id, done);
  }

  async function look(): Promise<void> {
    clearTimeout(timer);
    const free = limit - busy.size;
    const next = free > 0 ? await store.listNext([...busy.keys()], free) : [];
    const at = now();
    for (const delivery of next) {
      if (stopping.signal.aborted) return;
      const wait = (delivery.next_attempt_at ?? at) - at;
      if (wait > 0) return wakeIn(wait * 1000);
      start(delivery);
    }
  }

  async function lookWhileAsked(): Promise<void> {
    try {
      while (lookAgain && !stopping.signal.aborted) {
        lookAgain = false;
        await look();
      }
    } catch (err) {
      log.error({ err }, "looking for webhooks to send failed; it is tried again");
      wakeIn(retryMs);
    } finally {
      looking = null;
    }
  }

  function wake(): void {
    lookAgain = true;
    if (!stopping.signal.aborted) looking ??= lookWhileAsked();
  }

  return {
    wake,
    /** Breaks off what is in flight; it is sent again after the next start. */
    async [Symbol.asyncDispose]() {
      stopping.abort();
      clearTimeout(timer);
      await looking;
      await Promise.allSettled(busy.values());
    },
  };
}
export type Deliverer = ReturnType<typeof createDeliverer>;
