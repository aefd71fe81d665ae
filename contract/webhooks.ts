import { z } from "zod";
import { limitTo } from "./common.ts";

/**
 * OpenAI's names, and Perennial's own. OpenAI's other events are refused by name until this server has what they tell
 * of.
 */
export const WebhookEventType = z.enum([
  "fine_tuning.job.succeeded",
  "fine_tuning.job.failed",
  "fine_tuning.job.cancelled",
  "perennial.lifecycle.notice",
]);
export type WebhookEventType = z.infer<typeof WebhookEventType>;

const Name = z.string().min(1).max(256);
const Url = z.string().min(1).max(2048);
const EventTypes = z
  .array(WebhookEventType)
  .min(1)
  .max(100)
  .transform((types) => [...new Set(types)]);

/** As `client.webhooks.create` of OpenAI's SDKs sends it; `enabled` is Perennial's own. */
export const CreateWebhook = z.strictObject({
  name: Name,
  url: Url,
  event_types: EventTypes,
  enabled: z.boolean().default(true),
});
export type CreateWebhook = z.infer<typeof CreateWebhook>;

export const UpdateWebhook = z.strictObject({
  name: Name.optional(),
  url: Url.optional(),
  event_types: EventTypes.optional(),
  enabled: z.boolean().optional(),
});
export type UpdateWebhook = z.infer<typeof UpdateWebhook>;

export const RotateSecret = z.strictObject({
  keep_old_secret_active_for_24_hours: z.boolean().default(false),
});

export const TestWebhook = z.strictObject({ event_type: WebhookEventType });

export const ReplayDeliveries = z.strictObject({
  /** Unix seconds: events from then on. */
  since: z.int().min(0),
  /** Also what the endpoint has acknowledged. */
  include_delivered: z.boolean().default(false),
});
export type ReplayDeliveries = z.infer<typeof ReplayDeliveries>;

/** OpenAI's `WebhookEndpoint`, with Perennial's `enabled` and `disabled_reason`. */
export const WebhookEndpoint = z.object({
  id: z.string(),
  object: z.literal("webhook_endpoint"),
  name: z.string(),
  url: z.string(),
  event_types: z.array(z.string()),
  signing_secret_hint: z.string().nullable(),
  /** There once, in the answer that makes it. */
  signing_secret: z.string().optional(),
  enabled: z.boolean(),
  /** Why the server itself switched the endpoint off. */
  disabled_reason: z.string().nullable(),
  created_at: z.int(),
  updated_at: z.int(),
});
export type WebhookEndpoint = z.infer<typeof WebhookEndpoint>;

export const WebhookTestResult = z.object({
  object: z.literal("webhook_endpoint.test"),
  webhook_endpoint_id: z.string(),
  event_type: z.string(),
  status_code: z.int(),
  success: z.literal(true),
});
export type WebhookTestResult = z.infer<typeof WebhookTestResult>;

/** What an endpoint is sent. */
export const WebhookEvent = z.object({
  id: z.string(),
  object: z.literal("event"),
  created_at: z.int(),
  type: WebhookEventType,
  data: z.object({ id: z.string() }),
});
export type WebhookEvent = z.infer<typeof WebhookEvent>;

export const DeliveryStatus = z.enum(["pending", "delivered", "failed"]);
export type DeliveryStatus = z.infer<typeof DeliveryStatus>;
export const DeliveryKind = z.enum(["event", "replay", "test"]);
export type DeliveryKind = z.infer<typeof DeliveryKind>;

export const WebhookAttempt = z.object({
  created_at: z.int(),
  duration_ms: z.int(),
  /** null: no answer. */
  status_code: z.int().nullable(),
  error: z.string().nullable(),
  /** The beginning of the answer's body; only where one delivery is asked for. */
  response: z.string().nullable().optional(),
});
export type WebhookAttempt = z.infer<typeof WebhookAttempt>;

export const WebhookDelivery = z.object({
  id: z.string(),
  object: z.literal("webhook_endpoint.delivery"),
  webhook_endpoint_id: z.string(),
  kind: DeliveryKind,
  status: DeliveryStatus,
  event: WebhookEvent,
  created_at: z.int(),
  finished_at: z.int().nullable(),
  next_attempt_at: z.int().nullable(),
  /** Oldest first. */
  attempts: z.array(WebhookAttempt),
});
export type WebhookDelivery = z.infer<typeof WebhookDelivery>;

export const WebhookReplay = z.object({
  object: z.literal("webhook_endpoint.replay"),
  webhook_endpoint_id: z.string(),
  since: z.int(),
  /** Deliveries that now wait to be sent. */
  count: z.int(),
});
export type WebhookReplay = z.infer<typeof WebhookReplay>;

export const ListWebhooks = z.object({ limit: limitTo(100, 20), after: z.string().optional() });
export type ListWebhooks = z.infer<typeof ListWebhooks>;
export const ListDeliveries = z.object({
  limit: limitTo(100, 20),
  after: z.string().optional(),
  status: DeliveryStatus.optional(),
});
export type ListDeliveries = z.infer<typeof ListDeliveries>;
