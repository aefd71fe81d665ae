import { InvalidArgumentError } from "commander";
import { WebhookEventType } from "../../contract/webhooks.ts";

const names = WebhookEventType.options;

/** Collects `--event a --event b`. */
export function eventTypes(text: string, before: readonly WebhookEventType[] | undefined) {
  return [...(before ?? []), eventType(text)];
}

/** A whole name, or its last part. */
export function eventType(text: string): WebhookEventType {
  const found = names.find((name) => name === text || name.endsWith(`.${text}`));
  if (found === undefined) throw new InvalidArgumentError(`Use one of ${names.join(", ")}.`);
  return found;
}

const UNITS: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 24 * 3600 };

/** `30m`, `6h`, `2d` ago, or a date and time; as unix seconds. */
export function since(text: string, now: number): number {
  const [, count, unit = ""] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  if (count !== undefined) return Math.max(0, now - Number(count) * (UNITS[unit] ?? 0));
  const ms = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(ms)) return Math.max(0, Math.floor(ms / 1000));
  throw new InvalidArgumentError("Give a time such as 30m, 6h, 2d or 2027-01-31T12:00:00Z.");
}
