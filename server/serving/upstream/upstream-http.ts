import { Pool } from "undici";
import type { UpstreamServer } from "../../models/upstreams.ts";
import { EngineError } from "../engine.ts";

export type Answer = {
  readonly status: number;
  readonly retryAfterSeconds: number;
  readonly body: AsyncIterable<Uint8Array>;
};

/** A model may think for long before its first word, and say nothing for a while. */
const SILENCE_MS = 600_000;
const CONNECT_MS = 10_000;

const codeOf = (cause: unknown) => (cause instanceof Error && "code" in cause ? String(cause.code) : "");

/** The request did not reach it, or met a connection that it had closed meanwhile: it has not worked on it. */
const notSent = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

function failure({ name }: UpstreamServer, cause: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  const code = codeOf(cause);
  const facts = { isRetryable: true, wasSent: !notSent.has(code), cause };
  return new EngineError(
    `The upstream ${name} could not be reached or broke off. Try again in a moment.`,
    facts,
  );
}

/** No generator: each of a stream's pieces would pass through its queue. */
function pieces(
  server: UpstreamServer,
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  const explain = (cause: unknown): never => {
    throw failure(server, cause, signal);
  };
  return {
    [Symbol.asyncIterator]() {
      const items = body[Symbol.asyncIterator]();
      return {
        next: () => items.next().catch(explain),
        return: async () => (await items.return?.()) ?? { done: true, value: undefined },
      };
    },
  };
}

const secondsOf = (header: string | string[] | undefined): number => {
  const seconds = Math.ceil(Number(header));
  return seconds >= 1 && seconds <= 3600 ? seconds : 1;
};

/** Kept connections to one server, at most `concurrency`. */
export function connect(server: UpstreamServer) {
  const { origin, pathname } = new URL(server.url);
  const path = pathname === "/" ? "" : pathname;
  const pool = new Pool(origin, {
    connections: server.concurrency,
    headersTimeout: SILENCE_MS,
    bodyTimeout: SILENCE_MS,
    connect: { timeout: CONNECT_MS },
  });
  const headers = {
    "content-type": "application/json",
    ...(server.apiKey === null ? {} : { authorization: `Bearer ${server.apiKey}` }),
  };

  /** Resolves once the answer has begun; leaving its body closes the connection. */
  async function post(place: string, request: object, signal: AbortSignal): Promise<Answer> {
    const body = JSON.stringify(request);
    try {
      const answer = await pool.request({ method: "POST", path: path + place, headers, body, signal });
      const retryAfterSeconds = secondsOf(answer.headers["retry-after"]);
      return { status: answer.statusCode, retryAfterSeconds, body: pieces(server, answer.body, signal) };
    } catch (cause) {
      throw failure(server, cause, signal);
    }
  }

  const close = async () => {
    if (!pool.destroyed) await pool.destroy();
  };
  return { post, close };
}
export type UpstreamConnection = ReturnType<typeof connect>;
