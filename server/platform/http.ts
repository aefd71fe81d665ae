import type { ServerResponse } from "node:http";
import type { Context, ErrorHandler } from "hono";
import type { z } from "zod";
import { Refusal } from "../../contract/errors.ts";
import { type Caller, type ProjectCaller, projectCaller } from "./caller.ts";
import { type Exchange, type Headers, hasLeft, whenLeft } from "./exchange.ts";
import { CLIENT_LEFT, logAnswered, refusalFor, retryHeaders } from "./failures.ts";
import { newRequestId } from "./ids.ts";
import type { Log } from "./log.ts";
import { parseBody } from "./request-json.ts";
import { parse } from "./validation.ts";

/** Of the HTTP server; a request that is handed to the app without one has none. */
export type HttpServerParts = {
  readonly outgoing?: ServerResponse;
  /** Set by a route that writes its answer's body itself, once the head is written. */
  send?: (outgoing: ServerResponse) => void;
};

export type AppEnv = { Variables: { requestId: string; caller: Caller }; Bindings: HttpServerParts };
export type AppContext = Context<AppEnv>;

function whenClientLeaves(c: AppContext, onLeave: () => void): void {
  const outgoing = c.env?.outgoing;
  // The request's own signal costs a second request object.
  if (outgoing) whenLeft(outgoing, onLeave);
  else c.req.raw.signal.addEventListener("abort", onLeave, { once: true });
}

/** null: it did not come over a connection. */
export const addressOf = (c: AppContext): string | null => c.env?.outgoing?.req.socket.remoteAddress ?? null;

function hasClientLeft(c: AppContext): boolean {
  const outgoing = c.env?.outgoing;
  return outgoing ? hasLeft(outgoing) : c.req.raw.signal.aborted;
}

/** Put on the connection's answer at once: an object of their own costs more. */
function setHeaders(c: AppContext, headers: Headers): void {
  const outgoing = c.env?.outgoing;
  for (const [name, value] of Object.entries(headers)) {
    if (outgoing) outgoing.setHeader(name, value);
    else c.header(name, value);
  }
}

/** A request that the app carries. */
export const exchangeOf = (c: AppContext): Exchange => ({
  requestId: c.get("requestId"),
  caller: c.get("caller"),
  setHeaders: (headers) => setHeaders(c, headers),
  whenLeft: (onLeave) => whenClientLeaves(c, onLeave),
  hasLeft: () => hasClientLeft(c),
});

/** The calling project; an admin key is refused. */
export const projectOf = (c: AppContext): ProjectCaller => projectCaller(c.get("caller"));

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

/** The request's body as it was sent. */
export const bodyBytes = async (c: AppContext): Promise<Buffer> => Buffer.from(await c.req.arrayBuffer());

/** The request's JSON body by its schema. */
export const body = async <Schema extends z.ZodType>(
  c: AppContext,
  schema: Schema,
): Promise<z.output<Schema>> => parseBody(await bodyBytes(c), schema);

/** The query string by its schema. Of what is given twice one would be dropped in silence, so it is refused. */
export function query<Schema extends z.ZodType>(c: AppContext, schema: Schema): z.output<Schema> {
  const twice = Object.entries(c.req.queries()).find(([, values]) => values.length > 1)?.[0];
  if (twice !== undefined)
    throw new Refusal("invalid_value", `'${twice}' is given twice in the query; give it once.`, twice);
  return parse(schema, c.req.query());
}

export const setRequestId = async (c: AppContext, next: () => Promise<void>): Promise<void> => {
  const id = newRequestId();
  c.set("requestId", id);
  const outgoing = c.env?.outgoing;
  outgoing?.setHeader("x-request-id", id);
  await next();
  if (!outgoing) c.res.headers.set("x-request-id", id);
};

export const logRequests = (log: Log) => async (c: AppContext, next: () => Promise<void>) => {
  const started = performance.now();
  await next();
  const { method, path } = c.req;
  logAnswered(log, { requestId: c.get("requestId"), method, path, status: c.res.status }, started);
};

function refuse(c: Context, refusal: Refusal): Response {
  for (const [name, value] of Object.entries(retryHeaders(refusal))) c.header(name, value);
  return c.json(refusal.body, refusal.status);
}

/** The one place where the app answers errors: refusals in OpenAI's shape, anything else as a plain 500. */
export const onError =
  (log: Log): ErrorHandler<AppEnv> =>
  (error, c) => {
    const refusal = refusalFor({ error, requestId: c.get("requestId"), hasLeft: hasClientLeft(c) }, log);
    return refusal ? refuse(c, refusal) : new Response(null, { status: CLIENT_LEFT });
  };

/** A base URL without its /v1, or with two of them, is the first mistake of many a client. */
const isMisplaced = (path: string): boolean => !path.startsWith("/v1/") || path.startsWith("/v1/v1/");

export function notFound(c: Context): Response {
  const advice = isMisplaced(c.req.path)
    ? ". A client's base URL is this server's address and /v1, once."
    : "";
  return refuse(c, new Refusal("unknown_url", `Invalid URL (${c.req.method} ${c.req.path})${advice}`));
}
