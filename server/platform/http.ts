import type { ServerResponse } from "node:http";
import type { Context, ErrorHandler } from "hono";
import type { z } from "zod";
import { Refusal } from "../../contract/errors.ts";
import { isDeeperThan, MAX_JSON_DEPTH } from "../../contract/json-depth.ts";
import { findFault, illFormedText, prototypeName, tooLargeNumber } from "../../contract/well-formed.ts";
import { newRequestId } from "./ids.ts";
import type { Log } from "./log.ts";
import { paramName, parse } from "./validation.ts";

/** Who is calling, as the key says. An admin key belongs to no project. */
export type Caller = {
  readonly keyId: string;
  readonly organizationId: string;
  readonly organizationSlug: string;
  /** It runs this server: its admin keys decide for all organizations. */
  readonly isOperator: boolean;
} & (
  | {
      readonly kind: "project";
      readonly projectId: string;
      /** Where an admin acts in the project: may still do what an admin may. */
      readonly isAdmin?: true;
    }
  | { readonly kind: "admin" }
);

/** Of the HTTP server; a request that is handed to the app without one has none. */
export type HttpServerParts = {
  readonly outgoing?: ServerResponse;
  /** Set by a route that writes its answer's body itself, once the head is written. */
  send?: (outgoing: ServerResponse) => void;
};

export type AppEnv = { Variables: { requestId: string; caller: Caller }; Bindings: HttpServerParts };
export type AppContext = Context<AppEnv>;

/** Calls `onLeave` when the connection ends before the answer does. */
export function whenClientLeaves(c: AppContext, onLeave: () => void): void {
  const outgoing = c.env?.outgoing;
  // The request's own signal costs a second request object.
  if (!outgoing) c.req.raw.signal.addEventListener("abort", onLeave, { once: true });
  else if (outgoing.closed) onLeave();
  else
    outgoing.once("close", () => {
      if (!outgoing.writableFinished) onLeave();
    });
}

/** Aborted when the client goes away; streams tell of it by their cancel, too. */
export function leavingOf(c: AppContext): AbortController {
  const gone = new AbortController();
  whenClientLeaves(c, () => gone.abort());
  return gone;
}

/** null: it did not come over a connection. */
export const addressOf = (c: AppContext): string | null => c.env?.outgoing?.req.socket.remoteAddress ?? null;

export function hasClientLeft(c: AppContext): boolean {
  const outgoing = c.env?.outgoing;
  return outgoing ? outgoing.closed && !outgoing.writableFinished : c.req.raw.signal.aborted;
}

/** The calling project; an admin key is refused, since every object belongs to a project. */
export function projectOf(c: AppContext): Extract<Caller, { kind: "project" }> {
  const caller = c.get("caller");
  if (caller.kind === "project") return caller;
  throw new Refusal("permission_denied", "This call needs a project's API key; you used an admin key.");
}

export function assertAdmin(c: AppContext): Caller {
  const caller = c.get("caller");
  if (caller.kind === "admin" || caller.isAdmin) return caller;
  throw new Refusal(
    "permission_denied",
    "This call needs an admin key (PERENNIAL_ADMIN_KEY); you used a project's key.",
  );
}

/** An admin key of the organization that runs this server. */
export function assertOperator(c: AppContext): Caller {
  const caller = assertAdmin(c);
  if (caller.isOperator) return caller;
  throw new Refusal(
    "permission_denied",
    "This call decides for all organizations: it needs an admin key of the one that runs this server.",
  );
}

const BAD_JSON =
  "We could not parse the JSON body of your request. The API expects a JSON payload, but what was sent was not valid JSON.";

function decodeJson(text: string): unknown {
  if (isDeeperThan(text, MAX_JSON_DEPTH)) {
    throw new Refusal(
      "invalid_json",
      `The JSON body of your request is nested deeper than ${MAX_JSON_DEPTH} levels.`,
    );
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal("invalid_json", BAD_JSON);
  }
}

const reasonAgainst = (value: unknown) =>
  illFormedText(value) ?? tooLargeNumber(value) ?? prototypeName(value);

/** Refuses what JSON can carry and nothing behind it can. */
function assertUsable(value: unknown): void {
  const fault = findFault(value, reasonAgainst);
  if (!fault) return;
  const param = paramName(fault.path) || null;
  throw new Refusal("invalid_value", `Invalid value for '${param ?? "body"}': ${fault.reason}.`, param);
}

/** The request's JSON body by its schema. An empty body counts as `{}`, as the SDKs send it for calls without fields. */
export async function body<Schema extends z.ZodType>(
  c: AppContext,
  schema: Schema,
): Promise<z.output<Schema>> {
  const text = await c.req.text();
  const value = text.trim() === "" ? {} : decodeJson(text);
  assertUsable(value);
  return parse(schema, value);
}

/** The query string by its schema. */
export const query = <Schema extends z.ZodType>(c: AppContext, schema: Schema): z.output<Schema> =>
  parse(schema, c.req.query());

/** Headers of the answer, whatever it will be. Put on the connection's answer at once: an object of their own costs more. */
export function setHeaders(c: AppContext, headers: Readonly<Record<string, string>>): void {
  const outgoing = c.env?.outgoing;
  for (const [name, value] of Object.entries(headers)) {
    if (outgoing) outgoing.setHeader(name, value);
    else c.header(name, value);
  }
}

export const setRequestId = async (c: AppContext, next: () => Promise<void>): Promise<void> => {
  const id = newRequestId();
  c.set("requestId", id);
  const outgoing = c.env?.outgoing;
  outgoing?.setHeader("x-request-id", id);
  await next();
  if (!outgoing) c.res.headers.set("x-request-id", id);
};

/** One line a request: no query, no header, no body, so no key and no prompt. */
export const logRequests = (log: Log) => async (c: AppContext, next: () => Promise<void>) => {
  const started = performance.now();
  await next();
  const ms = Math.round((performance.now() - started) * 10) / 10;
  const facts = {
    requestId: c.get("requestId"),
    method: c.req.method,
    path: c.req.path,
    status: c.res.status,
    ms,
  };
  log.info(facts, "request");
};

const isDiskFull = (error: unknown) => error instanceof Error && "code" in error && error.code === "ENOSPC";

function asRefusal(error: unknown): Refusal | null {
  if (error instanceof Refusal) return error;
  if (isDiskFull(error))
    return new Refusal("disk_full", "The server's disk is full. Free some space and try again.");
  return null;
}

function refuse(c: Context, refusal: Refusal): Response {
  // The SDKs retry 409, 429 and every 5xx unless told otherwise: say what is worth it.
  c.header("x-should-retry", refusal.retryAfter === null ? "false" : "true");
  if (refusal.retryAfter !== null) c.header("retry-after", String(refusal.retryAfter));
  return c.json(refusal.body, refusal.status);
}

/** The one place that answers errors: refusals in OpenAI's shape, anything else as a plain 500. */
export const onError =
  (log: Log): ErrorHandler<AppEnv> =>
  (error, c) => {
    const refusal = asRefusal(error);
    if (refusal) return refuse(c, refusal);
    // Whatever went wrong, nobody waits for the answer; nginx's 499 tells such requests apart in the log.
    if (hasClientLeft(c)) return new Response(null, { status: 499 });
    log.error({ requestId: c.get("requestId"), err: error }, "request failed");
    const text = `The server had an error while processing your request. Its log names the cause under ${c.get("requestId")}.`;
    return refuse(c, new Refusal("server_error", text, null));
  };

export const notFound = (c: Context): Response =>
  refuse(c, new Refusal("unknown_url", `Invalid URL (${c.req.method} ${c.req.path})`));
