import { z } from "zod";
import type { Adapter, ChatRequest, Engine, EngineReply, Prompt, TokenLogprob } from "../engine.ts";
import { type Connection, exchange, send } from "../engine-http.ts";
import { whenEnded } from "../started-stream.ts";
import { refusedAnswer, streamedAnswer } from "../streamed-answer.ts";
import { readCalls } from "../tool-calls/tool-call-events.ts";
import type { ModelFacts } from "./model-facts.ts";
import { llamaCppRequest, llamaCppText } from "./request.ts";
import type { Slot, Slots } from "./slots.ts";
import { type FindToken, type FoundToken, olderEvents, readRawPrompt } from "./text.ts";

const Rendered = z.object({ prompt: z.string() });
const Tokens = z.object({ tokens: z.array(z.int()) });
const Candidate = z.object({ id: z.int(), token: z.string(), logprob: z.number() });
const NextToken = z.object({
  completion_probabilities: z.array(Candidate.extend({ top_logprobs: z.array(Candidate) })).default([]),
});
const LoadedAdapters = z.array(z.object({ id: z.int(), path: z.string() }));
const BusySlots = z.array(z.object({ is_processing: z.boolean() }));

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
  readonly slots: Slots;
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

/** llama.cpp's server as an `Engine` for one project: `adapter` (one of `loaded`) or, for null, the base model. */
export function createLlamaCppEngine(
  { connection, loaded, facts, slots }: LlamaCppServer,
  adapter: Adapter | null,
  projectId: string,
): Engine {
  if (adapter && !loaded.some(({ id }) => id === adapter.id)) {
    throw new Error(`The engine does not hold the adapter ${adapter.id}.`);
  }
  const scales = adapterScales(loaded, adapter);

  const takeSlot = (...words: unknown[]): Slot =>
    slots.take({ projectId, adapterId: adapter?.id ?? null, words: JSON.stringify(words) });

  /** The slot is left when its answer is over, however that comes. */
  async function inSlot(
    slot: Slot,
    signal: AbortSignal,
    work: (slot: Slot) => Promise<EngineReply>,
  ): Promise<EngineReply> {
    try {
      const reply = await work(slot);
      signal.addEventListener("abort", slot.leave, { once: true });
      return { ...reply, body: whenEnded(reply.body, slot.leave) };
    } catch (error) {
      slot.leave();
      throw error;
    }
  }

  async function sendIn(slot: Slot, path: string, body: object, signal: AbortSignal) {
    const whole = { ...body, ...scales, ...STREAMED, ...slot.next() };
    const response = await send(connection, path, whole, signal);
    if (response.statusCode === 200) slot.begun();
    return response;
  }

  async function chat(request: ChatRequest, signal: AbortSignal): Promise<EngineReply> {
    const asked = await llamaCppRequest(request, facts);
    if ("refused" in asked) return refusedAnswer(asked.refused);
    // llama.cpp tells nothing of a token without at least one more in its place.
    const lacksTop = request.logprobs === true && !request.top_logprobs;
    const calls = readCalls({ ...asked, isHeld: request.stop !== undefined });
    return await inSlot(takeSlot(request.tools, request.messages), signal, async (slot) =>
      streamedAnswer(await sendIn(slot, "/v1/chat/completions", asked.body, signal), {
        isStreamed: request.stream === true,
        signal,
        rewrite: (events) => calls(lacksTop ? withoutTop(events) : events),
        skips: isProgress,
      }),
    );
  }

  async function renderPrompt({ messages, tools, settings }: Prompt, signal: AbortSignal) {
    const chat = tools ? { ...settings, messages, tools } : { ...settings, messages };
    const { prompt } = Rendered.parse(await exchange(connection, "/apply-template", chat, signal));
    const text = { content: prompt, add_special: true, parse_special: true };
    return Tokens.parse(await exchange(connection, "/tokenize", text, signal)).tokens;
  }

  /** What is told of the token that is drawn after these. */
  async function draw(
    slot: Slot,
    before: readonly number[],
    wanted: number | string,
    count: number,
    signal: AbortSignal,
  ) {
    const drawn = { n_predict: 1, temperature: 0, logit_bias: [[wanted, CERTAIN]] };
    const body = { ...scales, ...drawn, prompt: before, n_probs: count, ...slot.next() };
    const reply = NextToken.parse(await exchange(connection, "/completion", body, signal));
    slot.begun();
    return reply.completion_probabilities[0];
  }

  /** llama.cpp says nothing of a token that is drawn and cannot be written yet, such as half a character: it is looked up. */
  async function lookUp(
    slot: Slot,
    token: number,
    before: readonly number[],
    top: number,
    signal: AbortSignal,
  ): Promise<FoundToken> {
    for (const count of CANDIDATES.filter((most) => most >= top)) {
      const likely = (await draw(slot, before, "a", count, signal))?.top_logprobs ?? [];
      const found = likely.find(({ id }) => id === token);
      if (found) return { logprob: found.logprob, likely };
    }
    throw new Error(`The engine's vocabulary has no token ${token}.`);
  }

  /** Tokens are found one after the other in one slot: each finds the one before it in the cache. */
  const finder =
    (slot: Slot, signal: AbortSignal): FindToken =>
    async (token, before, top) => {
      const told = await draw(slot, before, token, Math.max(1, top), signal);
      if (told?.id !== token) return await lookUp(slot, token, before, top, signal);
      return { logprob: told.logprob, likely: told.top_logprobs };
    };

  async function complete(request: ChatRequest, signal: AbortSignal): Promise<EngineReply> {
    const asked = await llamaCppText(request, facts);
    if ("refused" in asked) return refusedAnswer(asked.refused);
    const { top, body } = asked;
    return await inSlot(takeSlot(request.prompt), signal, async (slot) =>
      streamedAnswer(await sendIn(slot, "/v1/completions", body, signal), {
        isStreamed: true,
        signal,
        rewrite: (events) => (top === null ? events : olderEvents(events, top)),
        skips: isProgress,
      }),
    );
  }

  const readPrompt: Engine["readPrompt"] = async (prompt, top, signal) => {
    const needs = { connection, facts: await facts() };
    using slot = takeSlot(prompt);
    return await readRawPrompt({ ...needs, findToken: finder(slot, signal) }, { prompt, top }, signal);
  };

  async function tokenLogprobs(
    prompt: readonly number[],
    answer: readonly number[],
    signal: AbortSignal,
  ): Promise<readonly TokenLogprob[]> {
    using slot = takeSlot(prompt);
    const find = finder(slot, signal);
    const logprobs: TokenLogprob[] = [];
    for (const [index, token] of answer.entries()) {
      const { logprob, likely } = await find(token, [...prompt, ...answer.slice(0, index)], 1);
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
  const slots = BusySlots.parse(await exchange(connection, "/slots", null, signal));
  return slots.filter((slot) => slot.is_processing).length;
}
