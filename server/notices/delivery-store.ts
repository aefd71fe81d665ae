import { type Selectable, sql, type Transaction } from "kysely";
import type { DeliveryKind, DeliveryStatus } from "../../contract/webhooks.ts";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import { newDeliveryId } from "../platform/ids.ts";
import type { EndpointRow } from "./endpoint-store.ts";
import { type Attempt, insertAttempt } from "./outbox-store.ts";

/** With its event's body. */
export type DeliveryRow = Selectable<Tables["webhook_deliveries"]> & { readonly body: string };
export type AttemptRow = Omit<Selectable<Tables["webhook_attempts"]>, "response">;
export type TestEvent = Omit<Selectable<Tables["webhook_events"]>, "seq" | "is_test">;

type Page = {
  readonly limit: number;
  readonly beforeSeq: number | null;
  readonly status: DeliveryStatus | null;
};
type Replayed = { readonly since: number; readonly includeDelivered: boolean; readonly now: number };

/** SQLite binds at most 32,766 values in a statement. */
const ROWS_A_STATEMENT = 1000;

const newDelivery = (endpointId: string, eventId: string, more: { kind: DeliveryKind; at: number }) => ({
  id: newDeliveryId(),
  endpoint_id: endpointId,
  event_id: eventId,
  kind: more.kind,
  status: "pending" as DeliveryStatus,
  next_attempt_at: more.at,
  created_at: more.at,
  finished_at: null,
});

const hasDelivery = (endpointId: string, status: DeliveryStatus) =>
  sql<boolean>`exists (select 1 from webhook_deliveries where event_id = webhook_events.id and endpoint_id = ${endpointId} and status = ${status})`;

/** Makes what waits due now, so that nothing is ever sent twice at a time. */
const bringForward = (trx: Transaction<Tables>, endpointId: string, now: number) =>
  trx
    .updateTable("webhook_deliveries")
    .set({ next_attempt_at: now })
    .where("endpoint_id", "=", endpointId)
    .where("status", "=", "pending");

/** In the same transaction as the replay: one that is switched off meanwhile must not be left with something that waits. */
const isEnabled = async (trx: Transaction<Tables>, endpointId: string): Promise<boolean> => {
  const rows = trx.selectFrom("webhook_endpoints").select("id").where("id", "=", endpointId);
  return (await rows.where("enabled", "=", 1).executeTakeFirst()) !== undefined;
};

const eventsToReplay = (trx: Transaction<Tables>, endpoint: EndpointRow, replayed: Replayed) =>
  trx
    .selectFrom("webhook_events")
    .select("id")
    .where("project_id", "=", endpoint.project_id)
    .where("created_at", ">=", replayed.since)
    .where("is_test", "=", 0)
    .where(sql<boolean>`type in (select value from json_each(${endpoint.event_types}))`)
    .where((where) => where.not(hasDelivery(endpoint.id, "pending")))
    .$if(!replayed.includeDelivered, (rows) =>
      rows.where((where) => where.not(hasDelivery(endpoint.id, "delivered"))),
    )
    .orderBy("seq")
    .execute();

export const createDeliveryStore = (db: Database) => {
  const withBody = (of: Database | Transaction<Tables> = db) =>
    of
      .selectFrom("webhook_deliveries as delivery")
      .innerJoin("webhook_events as event", "event.id", "delivery.event_id")
      .selectAll("delivery")
      .select("event.body");

  return {
    /** Newest first; one row more than `limit`. */
    listDeliveries(endpointId: string, { limit, beforeSeq, status }: Page): Promise<DeliveryRow[]> {
      let rows = withBody().where("delivery.endpoint_id", "=", endpointId);
      if (beforeSeq !== null) rows = rows.where("delivery.seq", "<", beforeSeq);
      if (status !== null) rows = rows.where("delivery.status", "=", status);
      return rows
        .orderBy("delivery.seq", "desc")
        .limit(limit + 1)
        .execute();
    },

    findDelivery: (endpointId: string, id: string): Promise<DeliveryRow | undefined> =>
      withBody()
        .where("delivery.endpoint_id", "=", endpointId)
        .where("delivery.id", "=", id)
        .executeTakeFirst(),

    listAttempts: (deliveryIds: readonly string[]): Promise<AttemptRow[]> =>
      db
        .selectFrom("webhook_attempts")
        .select(["seq", "delivery_id", "created_at", "duration_ms", "status_code", "error"])
        .where("delivery_id", "in", deliveryIds)
        .orderBy("seq")
        .execute(),

    listWholeAttempts: (deliveryId: string) =>
      db
        .selectFrom("webhook_attempts")
        .selectAll()
        .where("delivery_id", "=", deliveryId)
        .orderBy("seq")
        .execute(),

    /** A new delivery of the same event, or the one that waits already; either is due now. null: the endpoint is off. */
    replayDelivery: (delivery: DeliveryRow, now: number): Promise<DeliveryRow | null> =>
      db.transaction().execute(async (trx) => {
        const { endpoint_id: endpointId, event_id: eventId } = delivery;
        if (!(await isEnabled(trx, endpointId))) return null;
        const waiting = await bringForward(trx, endpointId, now)
          .where("event_id", "=", eventId)
          .returning("id")
          .executeTakeFirst();
        const row = newDelivery(endpointId, eventId, { kind: "replay", at: now });
        if (!waiting) await trx.insertInto("webhook_deliveries").values(row).execute();
        return withBody(trx)
          .where("delivery.id", "=", waiting?.id ?? row.id)
          .executeTakeFirstOrThrow();
      }),

    /** All of the endpoint's events since a time; how many deliveries now wait for them. null: the endpoint is off. */
    replaySince: (endpoint: EndpointRow, replayed: Replayed): Promise<number | null> =>
      db.transaction().execute(async (trx) => {
        if (!(await isEnabled(trx, endpoint.id))) return null;
        const events = await eventsToReplay(trx, endpoint, replayed);
        const waiting = await bringForward(trx, endpoint.id, replayed.now)
          .where((where) =>
            where(
              "event_id",
              "in",
              where.selectFrom("webhook_events").select("id").where("created_at", ">=", replayed.since),
            ),
          )
          .returning("id")
          .execute();
        const rows = events.map(({ id }) =>
          newDelivery(endpoint.id, id, { kind: "replay", at: replayed.now }),
        );
        for (let from = 0; from < rows.length; from += ROWS_A_STATEMENT) {
          const some = rows.slice(from, from + ROWS_A_STATEMENT);
          await trx.insertInto("webhook_deliveries").values(some).execute();
        }
        return waiting.length + rows.length;
      }),

    /** A test event with its one attempt; nothing, if the endpoint was deleted meanwhile. */
    recordTest: (endpointId: string, event: TestEvent, attempt: Attempt, status: DeliveryStatus) =>
      db.transaction().execute(async (trx) => {
        const endpoint = await trx
          .selectFrom("webhook_endpoints")
          .select("id")
          .where("id", "=", endpointId)
          .executeTakeFirst();
        if (!endpoint) return;
        await trx
          .insertInto("webhook_events")
          .values({ ...event, is_test: 1 })
          .execute();
        const row = newDelivery(endpointId, event.id, { kind: "test", at: event.created_at });
        const done = { status, attempts: 1, next_attempt_at: null, finished_at: event.created_at };
        await trx
          .insertInto("webhook_deliveries")
          .values({ ...row, ...done })
          .execute();
        await insertAttempt(trx, row.id, attempt);
      }),

    /** Forgets what is older than `before` and waits for nothing. */
    purge: (before: number) =>
      db.transaction().execute(async (trx) => {
        await trx
          .deleteFrom("webhook_deliveries")
          .where("created_at", "<", before)
          .where("status", "!=", "pending")
          .execute();
        await trx
          .deleteFrom("webhook_events")
          .where("created_at", "<", before)
          .where((where) =>
            where.not(
              where.exists(
                where
                  .selectFrom("webhook_deliveries")
                  .select("id")
                  .whereRef("webhook_deliveries.event_id", "=", "webhook_events.id"),
              ),
            ),
          )
          .execute();
      }),
  };
};
export type DeliveryStore = ReturnType<typeof createDeliveryStore>;
