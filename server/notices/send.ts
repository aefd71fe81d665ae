import { lookup as systemLookup } from "node:dns";
import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import type { LookupFunction } from "node:net";
import { isPublicAddress } from "./address.ts";
import type { Reply } from "./retry.ts";
import { parseWebhookUrl } from "./webhook-url.ts";

export type WebhookRequest = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** One attempt; it never throws. Where `signal` aborts, what it says is worth nothing. */
export type Send = (request: WebhookRequest, signal: AbortSignal) => Promise<Reply>;

/** Of the answer's body, for the delivery log. */
export const KEPT_BYTES = 4096;
/** TLS' errors repeat what the other side sent. */
const ERROR_LENGTH = 500;
const HEADER_BYTES = 16 * 1024;

const notPublic = (name: string) =>
  new Error(`${name} is not an address of the public internet, and the operator allows no others.`);

/** Hands out public addresses only: what is checked is what is connected to, so a name cannot change its meaning in between. */
export const publicOnly =
  (lookup: LookupFunction): LookupFunction =>
  (name, options, callback) =>
    lookup(name, { ...options, all: true }, (error, found) => {
      // Node gives no list beside an error.
      if (error) return callback(error, []);
      const all = typeof found === "string" ? [] : found;
      const allowed = all.filter(({ address }) => isPublicAddress(address));
      const [first] = allowed;
      if (!first) return callback(notPublic(name), []);
      if (options.all) return callback(null, allowed);
      callback(null, first.address, first.family);
    });

type Sending = {
  readonly request: WebhookRequest;
  readonly lookup: LookupFunction;
  readonly signal: AbortSignal;
};

/** A connection of its own for each, without proxy or redirects. */
function post({ request, lookup, signal }: Sending): Promise<IncomingMessage> {
  const open = request.url.startsWith("https:") ? https.request : http.request;
  const headers = { ...request.headers, "content-length": Buffer.byteLength(request.body) };
  const options = { method: "POST", headers, agent: false, lookup, signal, maxHeaderSize: HEADER_BYTES };
  return new Promise((resolve, reject) => {
    const outgoing = open(request.url, options, resolve);
    outgoing.on("error", reject);
    outgoing.end(request.body);
  });
}

/** The body's beginning. The status has been said: an end that never comes, or comes early, changes nothing. */
async function readBeginning(answer: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    for await (const piece of answer) {
      pieces.push(piece);
      size += piece.length;
      if (size >= KEPT_BYTES) break;
    }
  } catch {
    // What came until then is kept.
  }
  answer.destroy();
  return Buffer.concat(pieces).subarray(0, KEPT_BYTES).toString("utf8");
}

function errorOf(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400)
    return `The endpoint answered ${status}; redirects are not followed, so give the URL that it leads to.`;
  return `The endpoint answered ${status}.`;
}

/** Node's own words name the reason best; some of its errors have none. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  if (cause.message !== "") return cause.message;
  return "code" in cause ? String(cause.code) : cause.name;
}

type Needs = {
  readonly allowsPrivate: boolean;
  readonly timeoutMs?: number;
  readonly lookup?: LookupFunction;
};

export function createSend({ allowsPrivate, timeoutMs = 15_000, lookup = systemLookup }: Needs): Send {
  const usedLookup = allowsPrivate ? lookup : publicOnly(lookup);

  async function exchange(request: WebhookRequest, signal: AbortSignal): Promise<Omit<Reply, "durationMs">> {
    // Node looks up names only, not an address in the URL itself; and the rule may have been looser when this was stored.
    if (!allowsPrivate) parseWebhookUrl(request.url, false);
    const answer = await post({ request, lookup: usedLookup, signal });
    const statusCode = answer.statusCode ?? 0;
    const retryAfter = answer.headers["retry-after"] ?? null;
    return { statusCode, error: errorOf(statusCode), retryAfter, response: await readBeginning(answer) };
  }

  return async (request, signal) => {
    const started = performance.now();
    const timeout = AbortSignal.timeout(timeoutMs);
    const unanswered = (cause: unknown) => ({
      statusCode: null,
      error: timeout.aborted
        ? `No answer within ${timeoutMs / 1000} seconds.`
        : reasonOf(cause).trim().slice(0, ERROR_LENGTH),
      response: null,
      retryAfter: null,
    });
    const reply = await exchange(request, AbortSignal.any([signal, timeout])).catch(unanswered);
    return { ...reply, durationMs: Math.round(performance.now() - started) };
  };
}
