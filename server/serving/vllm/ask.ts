import type { IncomingMessage } from "node:http";
import { json, text } from "node:stream/consumers";
import { z } from "zod";
import { type Adapter, type AdapterLoader, EngineError } from "../engine.ts";
import { type Connection, connectionFailure, send } from "../engine-http.ts";
import { modelName } from "./adapters.ts";

const Told = z.object({
  error: z.object({ message: z.string(), param: z.string().nullish() }),
});
export type VllmRefusal = z.infer<typeof Told>["error"];

/** vLLM takes the request and says what is wrong with it. */
export class VllmRefused extends Error {
  readonly refusal: VllmRefusal;

  constructor(refusal: VllmRefusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

async function refusalOf(response: IncomingMessage): Promise<Error> {
  const answer = await text(response);
  try {
    return new VllmRefused(Told.parse(JSON.parse(answer)).error);
  } catch {
    return new Error(`vLLM answered ${response.statusCode}: ${answer}`);
  }
}

/** It is about to end; a new one may do better. */
const failed = (status: number) =>
  new EngineError(`vLLM answered ${status}.`, { isRetryable: true, wasSent: true });

type Server = { readonly connection: Connection; readonly loader: AdapterLoader };

/** Asks vLLM for one project under a model's name, and under no other: an adapter that it has lost it gets again. */
export function createAsk({ connection, loader }: Server, adapter: Adapter | null, projectId: string) {
  const model = modelName(adapter);
  // One project's cache is none of another's: how soon an answer begins would tell what was asked.
  const cache_salt = `project:${projectId}`;

  async function restore(lost: Adapter): Promise<void> {
    try {
      await loader.load(lost);
    } catch (cause) {
      if (cause instanceof EngineError) throw cause;
      throw new EngineError("The model's adapter could not be loaded.", { cause });
    }
  }

  async function sendOnce(path: string, body: object, signal: AbortSignal): Promise<IncomingMessage | null> {
    const response = await send(connection, path, { ...body, model, cache_salt }, signal);
    const status = response.statusCode ?? 500;
    if (status < 400) return response;
    if (status >= 500) {
      response.destroy();
      throw failed(status);
    }
    const refusal = await refusalOf(response);
    if (status === 404 && adapter) return null;
    throw refusal;
  }

  /** Resolves with the response once its headers are here; rejects with a `VllmRefused` where the request is at fault. */
  async function ask(path: string, body: object, signal: AbortSignal): Promise<IncomingMessage> {
    const response = await sendOnce(path, body, signal);
    if (response) return response;
    if (adapter) await restore(adapter);
    const again = await sendOnce(path, body, signal);
    if (again) return again;
    throw new EngineError("The model's adapter was lost.", { retryAfterSeconds: 1 });
  }

  async function askJson(path: string, body: object, signal: AbortSignal): Promise<unknown> {
    const response = await ask(path, body, signal);
    try {
      return await json(response);
    } catch (cause) {
      throw connectionFailure(cause, signal);
    }
  }

  return { ask, askJson };
}
export type Ask = ReturnType<typeof createAsk>;
