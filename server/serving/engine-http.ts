import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";
import { json, text } from "node:stream/consumers";
import { z } from "zod";
import { EngineError, EngineRefusal } from "./engine.ts";

/** Where an engine listens and the key that it asks for. */
export type Connection = { readonly origin: string; readonly apiKey: string; readonly hearing?: Hearing };

/** Counts what comes from an engine, over all its connections. */
export function createHearing() {
  const open = new Set<Socket>();
  let closedBytes = 0;
  return {
    listenTo(socket: Socket): void {
      if (open.has(socket)) return;
      open.add(socket);
      socket.once("close", () => {
        open.delete(socket);
        closedBytes += socket.bytesRead;
      });
    },
    bytes: (): number => [...open].reduce((sum, { bytesRead }) => sum + bytesRead, closedBytes),
  };
}
export type Hearing = ReturnType<typeof createHearing>;

const wasRefused = (cause: unknown) =>
  cause instanceof Error && "code" in cause && cause.code === "ECONNREFUSED";

/** The error for a connection that failed; the signal's reason where that is what ended it. */
export function connectionFailure(cause: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  const facts = { isRetryable: true, wasSent: !wasRefused(cause), cause };
  return new EngineError("The engine went away before it answered.", facts);
}

/** Sends a request (null: a GET) and resolves with the response as soon as its headers are here. */
export async function send(
  { origin, apiKey, hearing }: Connection,
  path: string,
  body: object | null,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  signal.throwIfAborted();
  const sent = request(origin + path, {
    method: body ? "POST" : "GET",
    // A fresh connection each time: the engine closes idle ones, and a request sent into that would be lost.
    agent: false,
    signal,
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
  });
  // An abort after the headers is reported here as well as on the response; unheard, it would end the process.
  sent.on("error", () => {});
  if (hearing) sent.once("socket", hearing.listenTo);
  sent.end(body ? JSON.stringify(body) : undefined);
  try {
    const [response] = await once(sent, "response");
    return response;
  } catch (cause) {
    throw connectionFailure(cause, signal);
  }
}

const RefusedRequest = z.object({ error: z.object({ code: z.literal(400), message: z.string() }) });

/** The engine's own words where the request is at fault. */
function refusalOf(path: string, status: number | undefined, answer: string): Error {
  try {
    const parsed = RefusedRequest.safeParse(JSON.parse(answer));
    if (parsed.success) return new EngineRefusal(parsed.data.error.message);
  } catch {
    // No JSON: told as it is.
  }
  return new Error(`The engine refused ${path} (${status}): ${answer}`);
}

/** Sends JSON (null: a GET) and reads the JSON that comes back. */
export async function exchange(
  connection: Connection,
  path: string,
  body: object | null,
  signal: AbortSignal,
): Promise<unknown> {
  const response = await send(connection, path, body, signal);
  if (response.statusCode !== 200) {
    throw refusalOf(path, response.statusCode, await text(response));
  }
  try {
    return await json(response);
  } catch (cause) {
    throw connectionFailure(cause, signal);
  }
}
