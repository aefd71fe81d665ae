import type { IncomingMessage, ServerResponse } from "node:http";
import { bearerToken } from "./api-keys/key.ts";
import type { Caller } from "./platform/caller.ts";
import { EVENT_HEADERS, sendEvents } from "./platform/event-stream.ts";
import { type Exchange, hasLeft, whenLeft } from "./platform/exchange.ts";
import { CLIENT_LEFT, logAnswered, refusalFor, retryHeaders } from "./platform/failures.ts";
import { newRequestId } from "./platform/ids.ts";
import type { Log } from "./platform/log.ts";
import type { AnswerQuestion, Questions, Reply } from "./platform/question.ts";
import { isAsWritten, MOST_BODY_BYTES } from "./platform/request-body.ts";
import { turnEnd } from "./platform/turn-end.ts";

type Needs = {
  readonly questions: Questions;
  /** Rejects where it is no key. */
  readonly callerOfKey: (key: string) => Promise<Caller>;
  readonly log: Log;
};

export type Listener = (incoming: IncomingMessage, outgoing: ServerResponse) => unknown;

/** Any other is looked at where addresses are made of it. */
const plainHost = /^(?:[\w-]+(?:\.[\w-]+)*|\[::1\])(?::(?:\d{1,4}|[1-5]\d{4}|6[0-4]\d{3}))?$/i;

const isAuthorization = (name: string, at: number): boolean =>
  at % 2 === 0 && name.length === 13 && name.toLowerCase() === "authorization";

/** Of two, Node keeps the first in `headers`; the app refuses both. */
const hasOneKey = ({ rawHeaders }: IncomingMessage): boolean =>
  rawHeaders.findIndex(isAuthorization) === rawHeaders.findLastIndex(isAuthorization);

/** Its body's length is known, and right; nothing of it needs a decision. */
const isPlain = (incoming: IncomingMessage): boolean =>
  Number(incoming.headers["content-length"]) <= MOST_BODY_BYTES &&
  isAsWritten(incoming.headers["content-encoding"]) &&
  plainHost.test(incoming.headers.host ?? "") &&
  hasOneKey(incoming);

/** null: the client went away in the middle of it. */
const readBody = (incoming: IncomingMessage): Promise<Buffer | null> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = [];
    if (incoming.destroyed) return resolve(null);
    incoming.on("data", (chunk) => chunks.push(chunk));
    incoming.once("end", () => resolve(Buffer.concat(chunks)));
    incoming.once("error", () => resolve(null));
    incoming.once("close", () => resolve(null));
  });

function sendJson(outgoing: ServerResponse, status: number, json: object): void {
  const text = JSON.stringify(json);
  const length = Buffer.byteLength(text);
  outgoing.writeHead(status, { "content-type": "application/json", "content-length": length });
  // A text goes out with its head in one write.
  outgoing.end(text);
}

function send(outgoing: ServerResponse, reply: Reply): void {
  if ("json" in reply) sendJson(outgoing, 200, reply.json);
  else {
    outgoing.writeHead(200, EVENT_HEADERS);
    sendEvents(outgoing, reply);
  }
}

const setHeaders = (outgoing: ServerResponse, headers: Readonly<Record<string, string>>): void => {
  for (const [name, value] of Object.entries(headers)) outgoing.setHeader(name, value);
};

/**
 * Answers plain requests for a model's answer without the app, whose objects for request, headers and answer are a sixth
 * of what one costs. Whatever is not plain, and every key that is none, goes through `app`; the outcome is the same.
 */
export const createShortcut = ({ questions, callerOfKey, log }: Needs) => {
  const newExchange = (outgoing: ServerResponse, caller: Caller): Exchange => ({
    requestId: newRequestId(),
    caller,
    setHeaders: (headers) => setHeaders(outgoing, headers),
    whenLeft: (onLeave) => whenLeft(outgoing, onLeave),
    hasLeft: () => hasLeft(outgoing),
  });

  /** The answer's status. */
  async function give(
    outgoing: ServerResponse,
    exchange: Exchange,
    answering: Promise<Reply>,
  ): Promise<number> {
    try {
      const reply = await answering;
      await turnEnd();
      send(outgoing, reply);
      return 200;
    } catch (error) {
      const refusal = refusalFor({ error, requestId: exchange.requestId, hasLeft: exchange.hasLeft() }, log);
      if (!refusal) return CLIENT_LEFT;
      setHeaders(outgoing, retryHeaders(refusal));
      sendJson(outgoing, refusal.status, refusal.body);
      return refusal.status;
    }
  }

  async function serve(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    caller: Caller,
    answer: AnswerQuestion,
  ) {
    const started = performance.now();
    const exchange = newExchange(outgoing, caller);
    const { requestId } = exchange;
    outgoing.setHeader("x-request-id", requestId);
    const body = await readBody(incoming);
    const status = body === null ? CLIENT_LEFT : await give(outgoing, exchange, answer(exchange, body));
    logAnswered(log, { requestId, method: "POST", path: incoming.url ?? "", status }, started);
  }

  return (app: Listener): Listener =>
    (incoming, outgoing) => {
      const answer = incoming.method === "POST" ? questions.get(incoming.url ?? "") : undefined;
      const key = answer && isPlain(incoming) ? bearerToken(incoming.headers.authorization) : null;
      if (!answer || key === null) return app(incoming, outgoing);
      callerOfKey(key)
        .then(
          (caller) => serve(incoming, outgoing, caller, answer),
          () => app(incoming, outgoing),
        )
        .catch((err) => {
          log.error({ err }, "a connection failed");
          outgoing.destroy();
        });
    };
};
