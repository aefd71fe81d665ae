import type { WebhookEventType } from "../../../contract/webhooks.ts";

export const eventTitles: Record<WebhookEventType, string> = {
  "fine_tuning.job.succeeded": "A job has succeeded",
  "fine_tuning.job.failed": "A job has failed",
  "fine_tuning.job.cancelled": "A job was cancelled",
  "perennial.lifecycle.notice": "A date of a model is near or was moved",
};
export const eventTypes = Object.keys(eventTitles) as WebhookEventType[];
