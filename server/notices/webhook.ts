import {
  type WebhookAttempt,
  type WebhookDelivery,
  type WebhookEndpoint,
  WebhookEvent,
  type WebhookEventType,
} from "../../contract/webhooks.ts";
import type { AttemptRow, DeliveryRow } from "./delivery-store.ts";
import type { EndpointRow } from "./endpoint-store.ts";
import { secretHint } from "./signature.ts";

export const MAX_ENDPOINTS = 20;

/** Deliveries and their events are forgotten after so long. */
export const KEPT_SECONDS = 30 * 24 * 3600;

export const OLD_SECRET_SECONDS = 24 * 3600;

/** An event's body in OpenAI's shape, made once and stored: every attempt sends the same bytes. */
export const eventBody = (event: { id: string; type: WebhookEventType; subject: string; at: number }) => {
  const body: WebhookEvent = {
    id: event.id,
    object: "event",
    created_at: event.at,
    type: event.type,
    data: { id: event.subject },
  };
  return JSON.stringify(body);
};

type Secrets = Pick<EndpointRow, "secret" | "old_secret" | "old_secret_until">;

export const validSecrets = ({ secret, old_secret, old_secret_until }: Secrets, now: number): string[] =>
  old_secret !== null && (old_secret_until ?? 0) > now ? [secret, old_secret] : [secret];

export const presentWebhook = (row: EndpointRow): WebhookEndpoint => ({
  id: row.id,
  object: "webhook_endpoint",
  name: row.name,
  url: row.url,
  event_types: JSON.parse(row.event_types),
  signing_secret_hint: secretHint(row.secret),
  enabled: row.enabled === 1,
  disabled_reason: row.disabled_reason,
  created_at: row.created_at,
  updated_at: row.updated_at,
});

export const presentAttempt = (row: AttemptRow): WebhookAttempt => ({
  created_at: row.created_at,
  duration_ms: row.duration_ms,
  status_code: row.status_code,
  error: row.error,
});

export const presentDelivery = (row: DeliveryRow, attempts: readonly WebhookAttempt[]): WebhookDelivery => ({
  id: row.id,
  object: "webhook_endpoint.delivery",
  webhook_endpoint_id: row.endpoint_id,
  kind: row.kind,
  status: row.status,
  event: WebhookEvent.parse(JSON.parse(row.body)),
  created_at: row.created_at,
  finished_at: row.finished_at,
  next_attempt_at: row.next_attempt_at,
  attempts: [...attempts],
});
