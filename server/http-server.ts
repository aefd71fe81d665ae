import { createServer, type Server, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { answerUnreadable, refuseInShape } from "./http-refusals.ts";
import type { Listener } from "./http-shortcut.ts";
import type { HttpServerParts } from "./platform/http.ts";

type Fetch = (request: Request, parts: HttpServerParts) => Response | Promise<Response>;

const HEADERS_MS = 60_000;
const IDLE_MS = 120_000;
/** Longer than proxies keep theirs (a minute), or one hands a request to a connection that is just being closed. */
const KEEP_ALIVE_MS = 75_000;

/** Writes the head that the middleware made, for an answer whose body its route writes. */
const sending =
  (fetch: Fetch): Parameters<typeof getRequestListener>[0] =>
  async (request, { outgoing }) => {
    if (!(outgoing instanceof ServerResponse)) return await fetch(request, {});
    const parts: HttpServerParts = { outgoing };
    const response = await fetch(request, parts);
    // Whatever else answers in the route's place is an error.
    if (!parts.send || !response.ok) return response;
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    parts.send(outgoing);
    return RESPONSE_ALREADY_SENT;
  };

type Options = {
  /** Answers some requests in the place of `app`. */
  readonly shortcut?: (app: Listener) => Listener;
  readonly idleMs?: number;
};

/**
 * Cuts a client that neither sends the rest of its request nor takes what is ready for it. There is no limit on the
 * whole request, since 512 MB may come over a slow line, nor on silence while an answer is being thought of.
 */
export function createHttpServer(
  fetch: Fetch,
  { shortcut = (app) => app, idleMs = IDLE_MS }: Options = {},
): Server {
  // Without a limit on the request Node puts none on its headers either, unless it is told to.
  const limits = { requestTimeout: 0, headersTimeout: HEADERS_MS, keepAliveTimeout: KEEP_ALIVE_MS };
  // Node would answer a request without a host by itself, and without a word.
  const http = createServer(
    { ...limits, requireHostHeader: false },
    shortcut(getRequestListener(sending(fetch), { errorHandler: answerUnreadable })),
  );
  http.timeout = idleMs;
  refuseInShape(http);
  http.on("request", (request, response) => {
    // With a listener it is not Node that cuts the idle socket.
    response.on("timeout", (socket) => {
      if (!request.complete || socket.writableLength > 0) socket.destroy();
    });
  });
  return http;
}

function sentenceOf(error: NodeJS.ErrnoException, port: number, host: string): string | null {
  switch (error.code) {
    case "EADDRINUSE":
      return `Port ${port} of ${host} is taken: set PERENNIAL_PORT to another one.`;
    case "EACCES":
      return `Port ${port} of ${host} is not open to this user: set PERENNIAL_PORT to another one.`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EINVAL":
      return `PERENNIAL_HOST=${host}: this machine has no such address.`;
    default:
      return null;
  }
}

/** The port that it got; what stands in the way is one sentence. */
export function listen(http: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    http.once("error", (cause) => {
      const sentence = sentenceOf(cause, port, host);
      reject(sentence ? new Error(sentence, { cause }) : cause);
    });
    http.listen(port, host, () => {
      const address = http.address();
      resolve(typeof address === "object" && address ? address.port : port);
    });
  });
}

/** How long requests that have begun may take to finish once the server is asked to stop. */
const DRAIN_MS = 5000;

/** Takes no new connection, lets requests finish for a while, then cuts what is left. */
export async function close(http: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => http.close(() => resolve()));
  http.closeIdleConnections();
  const cut = setTimeout(() => http.closeAllConnections(), DRAIN_MS);
  await closed;
  clearTimeout(cut);
}
