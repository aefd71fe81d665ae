const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Seconds to wait after the first, second, … attempt that failed: eleven attempts over about a day. */
export const waits = [
  5,
  30,
  2 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  1 * HOUR,
  2 * HOUR,
  4 * HOUR,
  6 * HOUR,
  10 * HOUR,
] as const;

/** Spreads what failed at the same moment. */
const JITTER = 0.1;

/** `random` in [0, 1). null: that was the last attempt. */
export function waitAfter(attempts: number, random: number): number | null {
  const wait = waits[attempts - 1];
  return wait === undefined ? null : Math.ceil(wait * (1 - JITTER + 2 * JITTER * random));
}

/** Seconds that `Retry-After` asks for, as a number or as a date; null: nothing that can be read. At most a day. */
export function parseRetryAfter(header: string | null, now: number): number | null {
  const text = header?.trim() ?? "";
  const seconds = /^\d+$/.test(text) ? Number(text) : Math.ceil(Date.parse(text) / 1000) - now;
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), DAY) : null;
}

/** What came of one attempt. `statusCode` null: no answer, and `error` says why. */
export type Reply = {
  readonly statusCode: number | null;
  readonly error: string | null;
  /** The beginning of the answer's body. */
  readonly response: string | null;
  readonly retryAfter: string | null;
  readonly durationMs: number;
};

export type Verdict =
  | { readonly kind: "delivered" }
  | { readonly kind: "retry"; readonly at: number }
  | { readonly kind: "failed" }
  /** The endpoint wants nothing any more. */
  | { readonly kind: "gone" };

export const isAcknowledged = ({ statusCode }: Reply): boolean =>
  statusCode !== null && statusCode >= 200 && statusCode < 300;

const GONE = 410;

/** `attempts` counts this one. */
export function judge(
  reply: Reply,
  { attempts, now, random }: { attempts: number; now: number; random: number },
): Verdict {
  if (isAcknowledged(reply)) return { kind: "delivered" };
  if (reply.statusCode === GONE) return { kind: "gone" };
  const wait = waitAfter(attempts, random);
  if (wait === null) return { kind: "failed" };
  return { kind: "retry", at: now + Math.max(wait, parseRetryAfter(reply.retryAfter, now) ?? 0) };
}
