import { Refusal } from "../../contract/errors.ts";
import type { Log } from "./log.ts";

const FULL: readonly unknown[] = ["ENOSPC", "EDQUOT"];
/** SQLite's own code for the same. */
const SQLITE_FULL = 13;

const isDiskFull = (error: unknown) =>
  error instanceof Error &&
  (("code" in error && FULL.includes(error.code)) || ("errcode" in error && error.errcode === SQLITE_FULL));

function asRefusal(error: unknown): Refusal | null {
  if (error instanceof Refusal) return error;
  if (isDiskFull(error))
    return new Refusal("disk_full", "The server's disk is full. Free some space and try again.");
  return null;
}

type Failed = { readonly error: unknown; readonly requestId: string; readonly hasLeft: boolean };

/** What the client is told of a failure, which the log has if it is a fault of this server; null: it has left. */
export function refusalFor({ error, requestId, hasLeft }: Failed, log: Log): Refusal | null {
  const refusal = asRefusal(error);
  if (refusal) return refusal;
  if (hasLeft) return null;
  log.error({ requestId, err: error }, "request failed");
  const text = `The server had an error while processing your request. Its log names the cause under ${requestId}.`;
  return new Refusal("server_error", text, null);
}

/** nginx's 499 tells a request whose client has left apart in the log. */
export const CLIENT_LEFT = 499;

/** The SDKs retry 409, 429 and every 5xx unless told otherwise: these headers say what is worth it. */
export const retryHeaders = ({ retryAfter }: Refusal): Record<string, string> =>
  retryAfter === null
    ? { "x-should-retry": "false" }
    : { "x-should-retry": "true", "retry-after": String(retryAfter) };

type Answered = {
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
};

/** One line a request: no query, no header, no body, so no key and no prompt. */
export function logAnswered(log: Log, answered: Answered, started: number): void {
  const ms = Math.round((performance.now() - started) * 10) / 10;
  log.info({ ...answered, ms }, "request");
}
