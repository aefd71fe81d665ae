import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { RequestError } from "@hono/node-server";
import { Refusal } from "../contract/errors.ts";

const badHttp = new Refusal(
  "bad_http",
  "The request is not valid HTTP/1.1. Check its request line, its headers and the encoding of its body.",
);
const badAddress = new Refusal(
  "bad_http",
  "The request's URL or its Host header is not valid. Send a path such as /v1/models, and this server's host and port.",
);
const failed = new Refusal("server_error", "The server had an error while processing your request.");

/** What Node's parser says is wrong, by its code. */
const byCode: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: new Refusal(
    "headers_too_large",
    "The request's headers are larger than 16 KB. Send less in them, and data in the body.",
  ),
  HPE_CHUNK_EXTENSIONS_OVERFLOW: new Refusal(
    "body_too_large",
    "A chunk's extensions are too large. Leave them out.",
  ),
  ERR_HTTP_REQUEST_TIMEOUT: new Refusal(
    "request_timeout",
    "The request's headers did not arrive in time. Send the request again.",
  ),
};

/** So long the client may go on sending what nobody reads, so that it gets to read the answer. */
const GRACE_MS = 1000;

/** For a socket whose request never became one: the whole answer, after which the connection is closed. */
function answerRaw(socket: Duplex, refusal: Refusal): void {
  const body = JSON.stringify(refusal.body);
  const head = [
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`,
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
    "x-should-retry: false",
    "connection: close",
  ];
  // Nobody else hears of a client that goes away now, and an error that is not heard ends the process.
  socket.on("error", () => {});
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
  setTimeout(() => socket.destroy(), GRACE_MS).unref();
}

const expectationFailed = new Refusal(
  "expectation_failed",
  "The header Expect can only be '100-continue'. Leave it out, or send that.",
);

function refuseExpectation(_request: IncomingMessage, response: ServerResponse): void {
  const headers = { "content-type": "application/json", "x-should-retry": "false", connection: "close" };
  response.writeHead(expectationFailed.status, headers).end(JSON.stringify(expectationFailed.body));
}

/** Answers in this API's shape what Node would answer by itself, without a word. */
export function refuseInShape(http: Server): void {
  const answering = new WeakMap<Duplex, ServerResponse>();
  http.on("request", (request, response) => answering.set(request.socket, response));
  http.on("checkExpectation", refuseExpectation);
  http.on("connect", (_request, socket) => answerRaw(socket, badAddress));
  http.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => {
    // Told already; this is the rest of it.
    if (socket.writableEnded) return;
    const response = answering.get(socket);
    const isInAnswer = response?.headersSent && !response.writableFinished;
    if (error.code === "ECONNRESET" || !socket.writable || isInAnswer) socket.destroy();
    else answerRaw(socket, byCode[error.code ?? ""] ?? badHttp);
  });
}

/** The answer to a request that never reached the app: its URL or its host is none. */
export function answerUnreadable(error: unknown): Response {
  const refusal = error instanceof RequestError ? badAddress : failed;
  return Response.json(refusal.body, { status: refusal.status, headers: { "x-should-retry": "false" } });
}
