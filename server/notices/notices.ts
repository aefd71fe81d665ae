import type { Database } from "../database/database.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import { createDeliverer } from "./deliverer.ts";
import { createDeliveries } from "./deliveries.ts";
import { createDeliveryStore } from "./delivery-store.ts";
import { createEndpointStore } from "./endpoint-store.ts";
import { createOutboxStore } from "./outbox-store.ts";
import { createSend, type Send } from "./send.ts";
import { createWebhooks } from "./webhooks.ts";

type Needs = {
  db: Database;
  now: Clock;
  log: Log;
  allowsPrivate: boolean;
  send?: Send;
};

/** Puts webhooks together; nothing is sent before the deliverer is woken. */
export function createNotices({ db, now, log, allowsPrivate, send = createSend({ allowsPrivate }) }: Needs) {
  const endpoints = createEndpointStore(db);
  const deliveryStore = createDeliveryStore(db);
  const deliverer = createDeliverer({ store: createOutboxStore(db), send, now, log, random: Math.random });
  return {
    webhooks: createWebhooks({ endpoints, deliveries: deliveryStore, send, allowsPrivate, now }),
    deliveries: createDeliveries({ endpoints, deliveries: deliveryStore, now, onReplayed: deliverer.wake }),
    deliverer,
  };
}
export type Notices = ReturnType<typeof createNotices>;
