import { deletedOf } from "../contract/common.ts";
import {
  type CreateWebhook,
  type DeliveryStatus,
  type ReplayDeliveries,
  type UpdateWebhook,
  WebhookDelivery,
  WebhookEndpoint,
  type WebhookEventType,
  WebhookReplay,
  WebhookTestResult,
} from "../contract/webhooks.ts";
import { itemsOf, pageOf } from "./pages.ts";
import type { Transport } from "./transport.ts";

const EndpointPage = pageOf(WebhookEndpoint);
const DeliveryPage = pageOf(WebhookDelivery);
const ENDPOINTS = "/webhook_endpoints";
const PAGE = 100;

const pathOf = (id: string) => `${ENDPOINTS}/${encodeURIComponent(id)}`;
const logOf = (id: string) => `/perennial/webhooks/${encodeURIComponent(id)}`;
const deliveryOf = (id: string, delivery: string) =>
  `${logOf(id)}/deliveries/${encodeURIComponent(delivery)}`;

export const createWebhooks = ({ call }: Transport) => ({
  /** The answer, like that of `rotate`, is the only one that ever holds the signing secret. */
  create: (request: CreateWebhook) => call(WebhookEndpoint, ENDPOINTS, { method: "POST", json: request }),

  /** Newest first. */
  list: () => itemsOf((after) => call(EndpointPage, ENDPOINTS, { query: { limit: PAGE, after } })),

  get: (id: string) => call(WebhookEndpoint, pathOf(id)),

  update: (id: string, request: UpdateWebhook) =>
    call(WebhookEndpoint, pathOf(id), { method: "POST", json: request }),

  delete: (id: string) => call(deletedOf("webhook_endpoint.deleted"), pathOf(id), { method: "DELETE" }),

  rotate: (id: string, keepsOld: boolean) =>
    call(WebhookEndpoint, `${pathOf(id)}/rotate_secret`, {
      method: "POST",
      json: { keep_old_secret_active_for_24_hours: keepsOld },
    }),

  test: (id: string, event_type: WebhookEventType) =>
    call(WebhookTestResult, `${pathOf(id)}/test`, { method: "POST", json: { event_type } }),

  /** Newest first. */
  deliveries: (id: string, filter: { status?: DeliveryStatus } = {}) =>
    itemsOf((after) =>
      call(DeliveryPage, `${logOf(id)}/deliveries`, { query: { ...filter, limit: PAGE, after } }),
    ),

  /** With what the endpoint answered. */
  delivery: (id: string, delivery: string) => call(WebhookDelivery, deliveryOf(id, delivery)),

  replay: (id: string, delivery: string) =>
    call(WebhookDelivery, `${deliveryOf(id, delivery)}/replay`, { method: "POST" }),

  replaySince: (id: string, request: ReplayDeliveries) =>
    call(WebhookReplay, `${logOf(id)}/replay`, { method: "POST", json: request }),
});
