import type { UpstreamModel } from "../../models/upstreams.ts";
import { type ChatRequest, type Engine, EngineError, EngineRefusal, type EngineReply } from "../engine.ts";
import type { Answer } from "./answer-handler.ts";
import type { UpstreamConnection } from "./upstream-http.ts";

/** Without the parameters of local engines, which OpenAI refuses by name. */
function asAskedThere(request: ChatRequest, model: string): ChatRequest {
  const { top_k: _, min_p: __, ...wanted } = request;
  return { ...wanted, model };
}

/** What an upstream says of its operator's key or model is no fault of the caller. */
const OWN_FAULTS: Readonly<Record<number, string>> = {
  401: "did not accept this server's key",
  403: "does not let this server's key use the model",
  404: "does not have the model",
};

async function discard(body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of body) break;
}

async function assertUsable(name: string, { status, retryAfterSeconds, body }: Answer): Promise<void> {
  const fault = OWN_FAULTS[status];
  if (fault === undefined && status < 500 && status !== 429) return;
  await discard(body).catch(() => {});
  const text = fault ?? (status === 429 ? "has too much to do" : `answered with status ${status}`);
  throw new EngineError(`The upstream ${name} ${text}.`, { retryAfterSeconds });
}

const elsewhere = (id: string): never => {
  throw new EngineRefusal(
    `The model ${id} answers on another server: its prompts cannot be read as tokens here.`,
  );
};

/** A model of another server. */
export function createUpstreamEngine({ id, model, server }: UpstreamModel, http: UpstreamConnection): Engine {
  async function askOnce(place: string, request: ChatRequest, signal: AbortSignal): Promise<EngineReply> {
    const answer = await http.post(place, asAskedThere(request, model), signal);
    await assertUsable(server.name, answer);
    return answer;
  }

  /** Once more where the server had closed the connection, or could not be reached for a moment. */
  async function ask(place: string, request: ChatRequest, signal: AbortSignal): Promise<EngineReply> {
    try {
      return await askOnce(place, request, signal);
    } catch (error) {
      const isWorthIt = error instanceof EngineError && error.isRetryable && !signal.aborted;
      if (!isWorthIt) throw error;
      return await askOnce(place, request, signal);
    }
  }

  return {
    chat: (request, signal) => ask("/chat/completions", request, signal),
    complete: (request, signal) => ask("/completions", request, signal),
    readPrompt: async (prompt, top) => {
      if (typeof prompt !== "string" || top !== null) return elsewhere(id);
      return { text: prompt, tokens: [] };
    },
    renderPrompt: async () => elsewhere(id),
    tokenLogprobs: async () => elsewhere(id),
  };
}
