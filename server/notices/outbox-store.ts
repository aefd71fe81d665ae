import { sql, type Transaction } from "kysely";
import type { WebhookEventType } from "../../contract/webhooks.ts";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import { newDeliveryId, newWebhookEventId } from "../platform/ids.ts";
import { switchOff } from "./endpoint-store.ts";
import type { Reply, Verdict } from "./retry.ts";
import { eventBody } from "./webhook.ts";

export type NewWebhookEvent = {
  readonly projectId: string;
  readonly type: WebhookEventType;
  readonly subject: string;
  readonly at: number;
};

/** The next delivery of an endpoint that has one. */
export type NextDelivery = {
  readonly id: string;
  readonly endpoint_id: string;
  readonly event_id: string;
  readonly body: string;
  readonly attempts: number;
  readonly next_attempt_at: number | null;
  readonly url: string;
  readonly secret: string;
  readonly old_secret: string | null;
  readonly old_secret_until: number | null;
};

export type Attempt = { readonly startedAt: number; readonly reply: Reply };

const GONE = "The endpoint answered 410 Gone. Enable it again once it takes events.";

const subscribers = async (trx: Transaction<Tables>, { projectId, type }: NewWebhookEvent) =>
  trx
    .selectFrom("webhook_endpoints")
    .select("id")
    .where("project_id", "=", projectId)
    .where("enabled", "=", 1)
    .where(sql<boolean>`exists (select 1 from json_each(event_types) where value = ${type})`)
    .execute();

/** Writes an event and a delivery for each endpoint that wants it, as part of the transaction that makes it true. */
export async function recordEvent(trx: Transaction<Tables>, event: NewWebhookEvent): Promise<void> {
  const id = newWebhookEventId();
  const { projectId, type, subject, at } = event;
  const row = { id, project_id: projectId, type, subject, is_test: 0, created_at: at };
  const body = eventBody({ id, type, subject, at });
  await trx
    .insertInto("webhook_events")
    .values({ ...row, body })
    .execute();
  const endpoints = await subscribers(trx, event);
  if (endpoints.length === 0) return;
  const deliveries = endpoints.map((endpoint) => ({
    id: newDeliveryId(),
    endpoint_id: endpoint.id,
    event_id: id,
    kind: "event" as const,
    status: "pending" as const,
    next_attempt_at: at,
    created_at: at,
    finished_at: null,
  }));
  await trx.insertInto("webhook_deliveries").values(deliveries).execute();
}

function changeFor(verdict: Verdict, now: number) {
  if (verdict.kind === "retry") return { next_attempt_at: verdict.at };
  const status = verdict.kind === "delivered" ? ("delivered" as const) : ("failed" as const);
  return { status, next_attempt_at: null, finished_at: now };
}

export const createOutboxStore = (db: Database) => ({
  /** For each endpoint that is not busy its next delivery, the most urgent first. */
  listNext: (busy: readonly string[], limit: number): Promise<NextDelivery[]> =>
    db
      .selectFrom("webhook_endpoints as endpoint")
      .innerJoin("webhook_deliveries as delivery", (join) =>
        join.on(
          "delivery.seq",
          "=",
          sql<number>`(select seq from webhook_deliveries where endpoint_id = endpoint.id and status = 'pending' order by next_attempt_at, seq limit 1)`,
        ),
      )
      .innerJoin("webhook_events as event", "event.id", "delivery.event_id")
      .select(["delivery.id", "delivery.endpoint_id", "delivery.event_id", "delivery.attempts"])
      .select(["delivery.next_attempt_at", "event.body", "endpoint.url"])
      .select(["endpoint.secret", "endpoint.old_secret", "endpoint.old_secret_until"])
      .$if(busy.length > 0, (rows) => rows.where("endpoint.id", "not in", busy))
      .orderBy("delivery.next_attempt_at")
      .orderBy("delivery.seq")
      .limit(limit)
      .execute(),

  /** Writes an attempt down with what follows from it; nothing, if the delivery went with its endpoint meanwhile. */
  finishAttempt: (delivery: NextDelivery, { startedAt, reply }: Attempt, verdict: Verdict, now: number) =>
    db.transaction().execute(async (trx) => {
      const counted = await trx
        .updateTable("webhook_deliveries")
        .set((row) => ({ attempts: row("attempts", "+", 1) }))
        .where("id", "=", delivery.id)
        .returning("id")
        .executeTakeFirst();
      if (!counted) return;
      await insertAttempt(trx, delivery.id, { startedAt, reply });
      // An endpoint that was switched off meanwhile has failed its deliveries, but what arrived has arrived.
      const open = verdict.kind === "delivered" ? (["pending", "failed"] as const) : (["pending"] as const);
      await trx
        .updateTable("webhook_deliveries")
        .set(changeFor(verdict, now))
        .where("id", "=", delivery.id)
        .where("status", "in", open)
        .execute();
      const { endpoint_id: id, url } = delivery;
      if (verdict.kind === "gone") await switchOff(trx, { id, url }, GONE, now);
    }),
});
export type OutboxStore = ReturnType<typeof createOutboxStore>;

export const insertAttempt = (trx: Transaction<Tables>, deliveryId: string, { startedAt, reply }: Attempt) =>
  trx
    .insertInto("webhook_attempts")
    .values({
      delivery_id: deliveryId,
      created_at: startedAt,
      duration_ms: reply.durationMs,
      status_code: reply.statusCode,
      error: reply.error,
      response: reply.response,
    })
    .execute();
