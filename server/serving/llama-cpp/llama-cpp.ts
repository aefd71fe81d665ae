import { z } from "zod";
import type { Adapter, ChatRequest, Engine, EngineReply, Prompt, TokenLogprob } from "../engine.ts";
import { type Connection, exchange, send } from "../engine-http.ts";
import { refusedAnswer, streamedAnswer } from "../streamed-answer.ts";
import { readCalls } from "../tool-calls/tool-call-events.ts";
import type { ModelFacts } from "./model-facts.ts";
import { llamaCppRequest, llamaCppText } from "./request.ts";
import { type FindToken, type FoundToken, olderEvents, readRawPrompt } from "./text.ts";

const Rendered = z.object({ prompt: z.string() });
const Tokens = z.object({ tokens: z.array(z.int()) });
const Candidate = z.object({ id: z.int(), token: z.string(), logprob: z.number() });
const NextToken = z.object({
  completion_probabilities: z.array(Candidate.extend({ top_logprobs: z.array(Candidate) })).default([]),
});
const LoadedAdapters = z.array(z.object({ id: z.int(), path: z.string() }));
const Slots = z.array(z.object({ is_processing: z.boolean() }));

/** Always, for the answer that nobody waits for to end: see streamed-answer.ts. */
const STREAMED = { stream: true, stream_options: { include_usage: true }, return_progress: true };

/** Candidates asked for, until a token that cannot be drawn is among them: all of them cost half a second. */
const CANDIDATES = [256, 4_096, 1_000_000];

/** So much likelier than any other that it is drawn. What is told of it is what the model holds of it without that. */
const CERTAIN = 1_000;

/**
 * Which adapter a request runs under, and that no other one does. It says so for the base model too: without
 * `lora`, llama.cpp keeps a slot's cache from the adapter that used it last, and answers from that.
 */
export function adapterScales(loaded: readonly Adapter[], adapter: Adapter | null): object {
  if (loaded.length === 0) return {};
  return { lora: loaded.map((one, id) => ({ id, scale: one.id === adapter?.id ? 1 : 0 })) };
}

/** A server that runs, with these adapters. */
export type LlamaCppServer = {
  readonly connection: Connection;
  readonly loaded: readonly Adapter[];
  readonly facts: () => Promise<ModelFacts>;
};

// llama.cpp notices a closed connection only by writing to it: asked to report its progress, it writes once a batch,
// and so stops reading a long prompt that nobody waits for.
const isProgress = (data: string) => data.includes('"prompt_progress":');

/** The same events without the likeliest other tokens. */
async function* withoutTop(events: AsyncIterable<string>): AsyncGenerator<string> {
  const isTop = (key: string) => key === "top_logprobs";
  for await (const data of events) {
    const hasTop = data.includes('"top_logprobs":');
    yield hasTop ? JSON.stringify(JSON.parse(data, (key, value) => (isTop(key) ? [] : value))) : data;
  }
}

/** llama.cpp's server as an `Engine`: `adapter` (one of `loaded`) or, for null, the base model. */
export function createLlamaCppEngine(
  { connection, loaded, facts }: LlamaCppServer,
  adapter: Adapter | null,
): Engine {
  if (adapter && !loaded.some(({ id }) => id === adapter.id)) {
    throw new Error(`The engine does not hold the adapter ${adapter.id}.`);
  }
  const scales = adapterScales(loaded, adapter);

  async function chat(request: ChatRequest, signal: AbortSignal): Promise<EngineReply> {
    const asked = await llamaCppRequest(request, facts);
    if ("refused" in asked) return refusedAnswer(asked.refused);
    const body = { ...asked.body, ...scales, ...STREAMED };
    const response = await send(connection, "/v1/chat/completions", body, signal);
    // llama.cpp tells nothing of a token without at least one more in its place.
    const lacksTop = request.logprobs === true && !request.top_logprobs;
    const calls = readCalls({ ...asked, isHeld: request.stop !== undefined });
    return await streamedAnswer(response, {
      isStreamed: request.stream === true,
      signal,
      rewrite: (events) => calls(lacksTop ? withoutTop(events) : events),
      skips: isProgress,
    });
  }

  async function renderPrompt({ messages, tools, settings }: Prompt, signal: AbortSignal) {
    const chat = tools ? { ...settings, messages, tools } : { ...settings, messages };
    const { prompt } = Rendered.parse(await exchange(connection, "/apply-template", chat, signal));
    const text = { content: prompt, add_special: true, parse_special: true };
    return Tokens.parse(await exchange(connection, "/tokenize", text, signal)).tokens;
  }

  /** What is told of the token that is drawn after these. */
  async function draw(
    before: readonly number[],
    wanted: number | string,
    count: number,
    signal: AbortSignal,
  ) {
    const drawn = { n_predict: 1, temperature: 0, logit_bias: [[wanted, CERTAIN]] };
    const body = { ...scales, ...drawn, prompt: before, n_probs: count, cache_prompt: true };
    const reply = NextToken.parse(await exchange(connection, "/completion", body, signal));
    return reply.completion_probabilities[0];
  }

  /** llama.cpp says nothing of a token that is drawn and cannot be written yet, such as half a character: it is looked up. */
  async function lookUp(
    token: number,
    before: readonly number[],
    top: number,
    signal: AbortSignal,
  ): Promise<FoundToken> {
    for (const count of CANDIDATES.filter((most) => most >= top)) {
      const likely = (await draw(before, "a", count, signal))?.top_logprobs ?? [];
      const found = likely.find(({ id }) => id === token);
      if (found) return { logprob: found.logprob, likely };
    }
    throw new Error(`The engine's vocabulary has no token ${token}.`);
  }

  async function findToken(
    token: number,
    before: readonly number[],
    top: number,
    signal: AbortSignal,
  ): Promise<FoundToken> {
    const told = await draw(before, token, Math.max(1, top), signal);
    if (told?.id !== token) return await lookUp(token, before, top, signal);
    return { logprob: told.logprob, likely: told.top_logprobs };
  }

  async function complete(request: ChatRequest, signal: AbortSignal): Promise<EngineReply> {
    const asked = await llamaCppText(request, facts);
    if ("refused" in asked) return refusedAnswer(asked.refused);
    const body = { ...asked.body, ...scales, ...STREAMED };
    const response = await send(connection, "/v1/completions", body, signal);
    const { top } = asked;
    return await streamedAnswer(response, {
      isStreamed: true,
      signal,
      rewrite: (events) => (top === null ? events : olderEvents(events, top)),
      skips: isProgress,
    });
  }

  const readPrompt: Engine["readPrompt"] = async (prompt, top, signal) => {
    const find: FindToken = (token, before, most) => findToken(token, before, most, signal);
    return await readRawPrompt(
      { connection, facts: await facts(), findToken: find },
      { prompt, top },
      signal,
    );
  };

  async function tokenLogprobs(
    prompt: readonly number[],
    answer: readonly number[],
    signal: AbortSignal,
  ): Promise<readonly TokenLogprob[]> {
    const logprobs: TokenLogprob[] = [];
    for (const [index, token] of answer.entries()) {
      // One after the other: each finds the one before it in the cache, and computes a single token.
      const before = [...prompt, ...answer.slice(0, index)];
      const { logprob, likely } = await findToken(token, before, 1, signal);
      logprobs.push({ logprob, isTop: likely[0]?.id === token });
    }
    return logprobs;
  }

  return { chat, complete, readPrompt, renderPrompt, tokenLogprobs };
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

/** How many requests the server is working on. */
export async function countBusySlots(connection: Connection, signal: AbortSignal): Promise<number> {
  const slots = Slots.parse(await exchange(connection, "/slots", null, signal));
  return slots.filter((slot) => slot.is_processing).length;
}
