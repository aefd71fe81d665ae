/** What of a limit is used. It is given back continuously: the whole limit in a minute. */
export type Bucket = { readonly used: number; readonly atMs: number };

export const emptyBucket: Bucket = { used: 0, atMs: 0 };

const MINUTE_MS = 60_000;
/** Sums of fractions are a little off. */
const ROUNDING = 1e-9;

export const usedAt = ({ used, atMs }: Bucket, limit: number, nowMs: number): number =>
  Math.max(0, used - (limit * (nowMs - atMs)) / MINUTE_MS);

/** A negative amount is given back. */
export const use = (bucket: Bucket, amount: number, limit: number, nowMs: number): Bucket => ({
  used: Math.max(0, usedAt(bucket, limit, nowMs) + amount),
  atMs: nowMs,
});

export const fits = (used: number, amount: number, limit: number): boolean =>
  used + amount <= limit * (1 + ROUNDING);

/** Whole milliseconds until `amount` fits, if nothing else is used; infinite: never. */
export const waitMs = (used: number, amount: number, limit: number): number =>
  amount > limit ? Number.POSITIVE_INFINITY : msToGiveBack(used + amount - limit, limit);

/** Whole milliseconds until so much is given back. */
export const msToGiveBack = (amount: number, limit: number): number =>
  Math.ceil(Math.max(0, (amount * MINUTE_MS) / limit));

/** As OpenAI writes durations: `20ms`, `8.64s`, `6m0s`, `1h0m0s`. */
export function durationText(ms: number): string {
  if (ms > 0 && ms < 1000) return `${ms}ms`;
  const minutes = Math.floor(ms / MINUTE_MS);
  const seconds = `${(ms % MINUTE_MS) / 1000}s`;
  if (minutes === 0) return seconds;
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes}m${seconds}` : `${hours}h${minutes % 60}m${seconds}`;
}
