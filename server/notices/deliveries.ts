import type { NamedPage } from "../../contract/common.ts";
import { Refusal } from "../../contract/errors.ts";
import type {
  ListDeliveries,
  ReplayDeliveries,
  WebhookDelivery,
  WebhookReplay,
} from "../../contract/webhooks.ts";
import type { Clock } from "../platform/clock.ts";
import type { DeliveryRow, DeliveryStore } from "./delivery-store.ts";
import type { EndpointRow, EndpointStore } from "./endpoint-store.ts";
import { KEPT_SECONDS, presentAttempt, presentDelivery } from "./webhook.ts";
import { getEndpoint } from "./webhooks.ts";

type Needs = {
  endpoints: EndpointStore;
  deliveries: DeliveryStore;
  now: Clock;
  /** There is something to send. */
  onReplayed: () => void;
};

const disabled = (id: string) =>
  new Refusal("webhook_disabled", `Webhook endpoint ${id} is disabled; enable it, then replay.`, "id");

/** What was sent to an endpoint, what came of it, and sending it again. */
export function createDeliveries({ endpoints, deliveries, now, onReplayed }: Needs) {
  async function getDelivery(endpoint: EndpointRow, id: string, param: string): Promise<DeliveryRow> {
    const row = await deliveries.findDelivery(endpoint.id, id);
    if (row) return row;
    const text = `No delivery ${id} of webhook endpoint ${endpoint.id}; they are kept for 30 days.`;
    throw new Refusal("delivery_not_found", text, param);
  }

  /** With what the endpoint answered. */
  async function presentWhole(row: DeliveryRow): Promise<WebhookDelivery> {
    const attempts = await deliveries.listWholeAttempts(row.id);
    const shown = attempts.map((attempt) => ({ ...presentAttempt(attempt), response: attempt.response }));
    return presentDelivery(row, shown);
  }

  async function list(
    projectId: string,
    id: string,
    page: ListDeliveries,
  ): Promise<NamedPage<WebhookDelivery>> {
    const endpoint = await getEndpoint(endpoints, projectId, id);
    const after = page.after === undefined ? null : await getDelivery(endpoint, page.after, "after");
    const { limit, status = null } = page;
    const rows = await deliveries.listDeliveries(endpoint.id, {
      limit,
      status,
      beforeSeq: after?.seq ?? null,
    });
    const shown = rows.slice(0, limit);
    const attempts = await deliveries.listAttempts(shown.map((row) => row.id));
    const byDelivery = Map.groupBy(attempts, (attempt) => attempt.delivery_id);
    const data = shown.map((row) => presentDelivery(row, (byDelivery.get(row.id) ?? []).map(presentAttempt)));
    const ends = { first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
    return { object: "list", data, ...ends, has_more: rows.length > limit };
  }

  async function replayOne(projectId: string, id: string, deliveryId: string): Promise<WebhookDelivery> {
    const endpoint = await getEndpoint(endpoints, projectId, id);
    const row = await getDelivery(endpoint, deliveryId, "delivery_id");
    const replayed = await deliveries.replayDelivery(row, now());
    if (replayed === null) throw disabled(endpoint.id);
    onReplayed();
    return presentWhole(replayed);
  }

  async function replaySince(
    projectId: string,
    id: string,
    request: ReplayDeliveries,
  ): Promise<WebhookReplay> {
    const endpoint = await getEndpoint(endpoints, projectId, id);
    const { since, include_delivered: includeDelivered } = request;
    const count = await deliveries.replaySince(endpoint, { since, includeDelivered, now: now() });
    if (count === null) throw disabled(endpoint.id);
    onReplayed();
    return { object: "webhook_endpoint.replay", webhook_endpoint_id: endpoint.id, since, count };
  }

  return {
    list,
    replayOne,
    replaySince,
    async get(projectId: string, id: string, deliveryId: string): Promise<WebhookDelivery> {
      const endpoint = await getEndpoint(endpoints, projectId, id);
      return presentWhole(await getDelivery(endpoint, deliveryId, "delivery_id"));
    },
    /** Removes what is older than the log reaches back. */
    expire: () => deliveries.purge(now() - KEPT_SECONDS),
  };
}
export type Deliveries = ReturnType<typeof createDeliveries>;
