import type { IncomingMessage } from "node:http";
import { z } from "zod";
import {
  type Adapter,
  ChatChunk,
  type ChatRequest,
  type ChatStream,
  type Engine,
  EngineError,
  type Prompt,
  type TokenLogprob,
} from "./engine.ts";
import { accepted, type Connection, exchange, failureOf, send } from "./engine-http.ts";
import { eventData } from "./event-stream.ts";
import { startStream } from "./started-stream.ts";

const Rendered = z.object({ prompt: z.string() });
const Tokens = z.object({ tokens: z.array(z.int()) });
const Candidate = z.object({ id: z.int(), logprob: z.number() });
const NextToken = z.object({
  completion_probabilities: z.tuple([z.object({ top_logprobs: z.array(Candidate).min(1) })]),
});
const LoadedAdapters = z.array(z.object({ id: z.int(), path: z.string() }));
const Slots = z.array(z.object({ is_processing: z.boolean() }));

/** Nearly every trained token is among these; asking for all of a vocabulary costs half a second a token. */
const LIKELY_TOKENS = 256;
const ALL_TOKENS = 1_000_000;

type AdapterScales = { readonly lora?: readonly { readonly id: number; readonly scale: number }[] };

/**
 * Which adapter a request runs under, and that no other one does. It says so for the base model too: without
 * `lora`, llama.cpp keeps a slot's cache from the adapter that used it last, and answers from that.
 */
export function adapterScales(loaded: readonly Adapter[], adapter: Adapter | null): AdapterScales {
  if (loaded.length === 0) return {};
  return { lora: loaded.map((one, id) => ({ id, scale: one.id === adapter?.id ? 1 : 0 })) };
}

// Sent once a batch so that llama.cpp, which notices a closed connection only by writing, stops reading a long prompt.
const isProgress = (data: string) => data.includes('"prompt_progress":');

function parseChunk(data: string): ChatChunk {
  const parsed: unknown = JSON.parse(data);
  const chunk = ChatChunk.safeParse(parsed);
  if (chunk.success) return chunk.data;
  const { error } = z.looseObject({ error: z.looseObject({}).optional() }).parse(parsed);
  const code = error?.code;
  throw failureOf({ error }, typeof code === "number" ? code : 500);
}

async function* chunksOf(response: IncomingMessage, signal: AbortSignal): AsyncGenerator<ChatChunk> {
  try {
    for await (const data of eventData(response)) {
      if (data === "[DONE]") return;
      if (!isProgress(data)) yield parseChunk(data);
    }
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof EngineError) throw cause;
    throw new EngineError("The engine went away in its answer.", {
      reason: "unavailable",
      isRetryable: true,
      cause,
    });
  }
  throw new EngineError("The engine's answer broke off.", { reason: "unavailable", isRetryable: true });
}

/** llama.cpp's server as an `Engine`: `adapter` (one of `loaded`) or, for null, the base model. */
export function createLlamaCppEngine(
  connection: Connection,
  loaded: readonly Adapter[],
  adapter: Adapter | null,
): Engine {
  const scales = adapterScales(loaded, adapter);

  async function chat(request: ChatRequest, signal: AbortSignal): Promise<ChatStream> {
    const body = {
      ...request,
      ...scales,
      stream: true,
      stream_options: { include_usage: true },
      return_progress: true,
    };
    const response = await send(connection, "/v1/chat/completions", body, signal);
    return await startStream(chunksOf(await accepted(response, signal), signal));
  }

  async function renderPrompt({ messages, tools }: Prompt, signal: AbortSignal) {
    const chat = tools ? { messages, tools } : { messages };
    const { prompt } = Rendered.parse(await exchange(connection, "/apply-template", chat, signal));
    const text = { content: prompt, add_special: true, parse_special: true };
    return Tokens.parse(await exchange(connection, "/tokenize", text, signal)).tokens;
  }

  async function candidates(tokens: readonly number[], count: number, signal: AbortSignal) {
    const body = { ...scales, prompt: tokens, n_predict: 1, n_probs: count, cache_prompt: true };
    const reply = NextToken.parse(await exchange(connection, "/completion", body, signal));
    return reply.completion_probabilities[0].top_logprobs;
  }

  async function logprobOf(token: number, before: readonly number[], signal: AbortSignal) {
    for (const count of [LIKELY_TOKENS, ALL_TOKENS]) {
      const likely = await candidates(before, count, signal);
      const found = likely.find(({ id }) => id === token);
      if (found) return { logprob: found.logprob, isTop: likely[0]?.id === token };
    }
    throw new EngineError(`The engine has no token ${token}.`, { reason: "invalid_request" });
  }

  async function tokenLogprobs(
    prompt: readonly number[],
    answer: readonly number[],
    signal: AbortSignal,
  ): Promise<readonly TokenLogprob[]> {
    const logprobs: TokenLogprob[] = [];
    for (const [index, token] of answer.entries()) {
      // One after the other: each finds the one before it in the cache, and computes a single token.
      logprobs.push(await logprobOf(token, [...prompt, ...answer.slice(0, index)], signal));
    }
    return logprobs;
  }

  return { chat, renderPrompt, tokenLogprobs };
}

/** Throws unless the server answers to our key and holds exactly these adapters, numbered as we number them. */
export async function assertLoaded(
  connection: Connection,
  adapters: readonly Adapter[],
  signal: AbortSignal,
): Promise<void> {
  const loaded = LoadedAdapters.parse(await exchange(connection, "/lora-adapters", null, signal));
  const isSame = ({ id, path }: { id: number; path: string }, index: number) =>
    id === index && path === adapters[index]?.path;
  if (loaded.length !== adapters.length || !loaded.every(isSame)) {
    throw new Error(`The engine did not load the adapters that it was given: ${JSON.stringify(loaded)}`);
  }
}

/** How many answers the server is working on. */
export async function busySlots(connection: Connection, signal: AbortSignal): Promise<number> {
  const slots = Slots.parse(await exchange(connection, "/slots", null, signal));
  return slots.filter((slot) => slot.is_processing).length;
}
