import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { json } from "node:stream/consumers";
import { EngineError } from "./engine.ts";

/** Where an engine listens and the key that it asks for. */
export type Connection = { readonly origin: string; readonly apiKey: string };

const unreachable = (cause: unknown) =>
  new EngineError("The engine went away before it answered.", {
    reason: "unavailable",
    isRetryable: true,
    cause,
  });

/** Sends a request and resolves with the response as soon as its headers are here. */
export async function send(
  { origin, apiKey }: Connection,
  path: string,
  body: object | null,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  signal.throwIfAborted();
  // A fresh connection each time: the engine closes idle ones after seconds, and a request sent into that is lost.
  const sent = request(origin + path, {
    method: body ? "POST" : "GET",
    agent: false,
    signal,
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
  });
  // An abort is reported on the response and here as well; unheard, it would end the process.
  sent.on("error", () => {});
  sent.end(body ? JSON.stringify(body) : undefined);
  try {
    const [response] = await once(sent, "response");
    return response;
  } catch (cause) {
    signal.throwIfAborted();
    throw unreachable(cause);
  }
}

type Failure = { error?: { message?: unknown; type?: unknown; code?: unknown } };

/** The error for what an engine said instead of an answer, as a whole response or as one event of a stream. */
export function failureOf(body: Failure, status: number): EngineError {
  const message = String(body.error?.message ?? `The engine answered with status ${status}.`);
  if (body.error?.type === "exceed_context_size_error") {
    return new EngineError(message, { reason: "context_length_exceeded" });
  }
  if (status >= 400 && status < 500) return new EngineError(message, { reason: "invalid_request" });
  return new EngineError(message, { reason: "unavailable", isRetryable: true });
}

export async function readJson(response: IncomingMessage, signal: AbortSignal): Promise<unknown> {
  try {
    return await json(response);
  } catch (cause) {
    signal.throwIfAborted();
    throw unreachable(cause);
  }
}

const asFailure = (body: unknown): Failure => (typeof body === "object" && body !== null ? body : {});

/** The response, if it is the answer; else throws what it says. */
export async function accepted(response: IncomingMessage, signal: AbortSignal): Promise<IncomingMessage> {
  const status = response.statusCode ?? 500;
  if (status === 200) return response;
  throw failureOf(asFailure(await readJson(response, signal)), status);
}

/** Sends JSON (or asks, for null) and reads the JSON that comes back. */
export async function exchange(
  connection: Connection,
  path: string,
  body: object | null,
  signal: AbortSignal,
): Promise<unknown> {
  const response = await accepted(await send(connection, path, body, signal), signal);
  return await readJson(response, signal);
}
