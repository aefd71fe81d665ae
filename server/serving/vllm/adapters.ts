import { text } from "node:stream/consumers";
import { z } from "zod";
import type { Adapter, AdapterLoader } from "../engine.ts";
import { type Connection, send } from "../engine-http.ts";

/** The base model's name in vLLM; no adapter's begins so. */
export const BASE_NAME = "base";
const nameOf = ({ id }: Adapter) => `adapter:${id}`;

export const modelName = (adapter: Adapter | null): string => (adapter ? nameOf(adapter) : BASE_NAME);

const TIMEOUT_MS = 120_000;

const Refused = z.object({ error: z.object({ message: z.string() }) });

function messageIn(answer: string): string {
  try {
    return Refused.parse(JSON.parse(answer)).error.message;
  } catch {
    return answer;
  }
}

/** vLLM's adapters, taken in and out while it runs. */
export function createVllmLoader(connection: Connection): AdapterLoader {
  async function ask(path: string, body: object) {
    const response = await send(connection, path, body, AbortSignal.timeout(TIMEOUT_MS));
    return { status: response.statusCode, message: messageIn(await text(response)) };
  }

  async function load(adapter: Adapter): Promise<void> {
    const body = { lora_name: nameOf(adapter), lora_path: adapter.path };
    const { status, message } = await ask("/v1/load_lora_adapter", body);
    // A load whose answer was lost has been done all the same.
    if (status === 200 || /already been loaded/.test(message)) return;
    throw new Error(`vLLM did not load the adapter ${adapter.id}: ${message}`);
  }

  async function unload(adapter: Adapter): Promise<void> {
    const { status, message } = await ask("/v1/unload_lora_adapter", { lora_name: nameOf(adapter) });
    if (status === 200 || status === 404) return;
    throw new Error(`vLLM did not unload the adapter ${adapter.id}: ${message}`);
  }

  return { load, unload };
}
