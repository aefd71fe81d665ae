import { Pool } from "undici";
import type { UpstreamServer } from "../../models/upstreams.ts";
import { EngineError } from "../engine.ts";
import { type Answer, createAnswerHandler } from "./answer-handler.ts";

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
  function post(place: string, request: object, signal: AbortSignal): Promise<Answer> {
    const body = JSON.stringify(request);
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const explain = (cause: unknown) => failure(server, cause, signal);
      const handler = createAnswerHandler({ signal, onAnswer: resolve, onFailure: reject, explain });
      pool.dispatch({ method: "POST", path: path + place, headers, body }, handler);
    });
  }

  const close = async () => {
    if (!pool.destroyed) await pool.destroy();
  };
  return { post, close };
}
export type UpstreamConnection = ReturnType<typeof connect>;
