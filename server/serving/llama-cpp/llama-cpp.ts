import { text } from "node:stream/consumers";
import { z } from "zod";
import { readEventData } from "../../platform/event-reader.ts";
import {
  type Adapter,
  type ChatRequest,
  type Engine,
  EngineRefusal,
  type EngineReply,
  type TokenLogprob,
} from "../engine.ts";
import { type Connection, connectionFailure, exchange, send } from "../engine-http.ts";
import { whenEnded } from "../started-stream.ts";
import { refusedAnswer, streamedAnswer } from "../streamed-answer.ts";
import { readCalls } from "../tool-calls/tool-call-events.ts";
import { isProgress, noted, withoutTop } from "./events.ts";
import type { ModelFacts } from "./model-facts.ts";
import type { Portions, ReadPortion, Tokens } from "./portions.ts";
import { llamaCppRequest, llamaCppText } from "./request.ts";
import type { Slot, Slots } from "./slots.ts";
import { olderEvents, readRawPrompt } from "./text.ts";
import { createTokenFinder } from "./token-finder.ts";

const Rendered = z.object({ prompt: z.string() });
const Tokenized = z.object({ tokens: z.array(z.int()) });
const PortionRead = z.object({ timings: z.object({ cache_n: z.int() }) });

/** Always, for the answer that nobody waits for to end: see streamed-answer.ts. */
const STREAMED = { stream: true, stream_options: { include_usage: true }, return_progress: true };

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
  readonly portions: Portions;
};

/** llama.cpp's server as an `Engine` for one project: `adapter` (one of `loaded`) or, for null, the base model. */
export function createLlamaCppEngine(
  { connection, loaded, facts, slots, portions }: LlamaCppServer,
  adapter: Adapter | null,
  projectId: string,
): Engine {
  if (adapter && !loaded.some(({ id }) => id === adapter.id)) {
    throw new Error(`The engine does not hold the adapter ${adapter.id}.`);
  }
  const scales = adapterScales(loaded, adapter);
  const findToken = createTokenFinder(connection, scales);

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

  async function sendIn(slot: Slot, path: string, body: object, signal: AbortSignal, share = 1) {
    const whole = { ...body, ...scales, ...STREAMED, ...slot.next() };
    const response = await send(connection, path, whole, signal);
    if (response.statusCode === 200) slot.begun(share);
    return response;
  }

  const portionReader =
    (slot: Slot, signal: AbortSignal): ReadPortion =>
    async (beginning, share) => {
      const body = { prompt: beginning, n_predict: 0 };
      const response = await sendIn(slot, "/completion", body, signal, share);
      if (response.statusCode !== 200) throw new EngineRefusal(await text(response));
      try {
        const events = await Array.fromAsync(readEventData(response));
        return { known: PortionRead.parse(JSON.parse(events.at(-1) ?? "")).timings.cache_n };
      } catch (cause) {
        throw connectionFailure(cause, signal);
      }
    };

  /** See portions.ts. What is wrong with a request is said where it is answered. */
  async function readInPortions(
    slot: Slot,
    tokens: () => Promise<Tokens>,
    signal: AbortSignal,
  ): Promise<number | null> {
    const contextLength = async () => (await facts()).contextLength;
    try {
      return await portions.read({ slot, contextLength, tokens, read: portionReader(slot, signal) });
    } catch (error) {
      if (error instanceof EngineRefusal) return null;
      throw error;
    }
  }

  async function chat(request: ChatRequest, signal: AbortSignal): Promise<EngineReply> {
    const asked = await llamaCppRequest(request, facts);
    if ("refused" in asked) return refusedAnswer(asked.refused);
    // llama.cpp tells nothing of a token without at least one more in its place.
    const lacksTop = request.logprobs === true && !request.top_logprobs;
    const calls = readCalls({ ...asked, isHeld: request.stop !== undefined });
    return await inSlot(takeSlot(request.tools, request.messages), signal, async (slot) => {
      const known = await readInPortions(slot, () => rendered(asked.body, signal), signal);
      const response = await sendIn(slot, "/v1/chat/completions", asked.body, signal);
      return await streamedAnswer(response, {
        isStreamed: request.stream === true,
        signal,
        rewrite: (events) => {
          const told = noted(events, slot, known);
          return calls(lacksTop ? withoutTop(told) : told);
        },
        skips: isProgress,
      });
    });
  }

  async function tokensOf(text: string, signal: AbortSignal): Promise<Tokens> {
    const body = { content: text, add_special: true, parse_special: true };
    return Tokenized.parse(await exchange(connection, "/tokenize", body, signal)).tokens;
  }

  async function rendered(chat: object, signal: AbortSignal): Promise<Tokens> {
    const { prompt } = Rendered.parse(await exchange(connection, "/apply-template", chat, signal));
    return await tokensOf(prompt, signal);
  }

  const renderPrompt: Engine["renderPrompt"] = async ({ messages, tools, settings }, signal) =>
    await rendered({ ...settings, messages, ...(tools ? { tools } : {}) }, signal);

  async function complete(request: ChatRequest, signal: AbortSignal): Promise<EngineReply> {
    const asked = await llamaCppText(request, facts);
    if ("refused" in asked) return refusedAnswer(asked.refused);
    const { top, body } = asked;
    const { prompt } = request;
    const tokens = async () => (Array.isArray(prompt) ? prompt : await tokensOf(String(prompt), signal));
    return await inSlot(takeSlot(prompt), signal, async (slot) => {
      const known = await readInPortions(slot, tokens, signal);
      return await streamedAnswer(await sendIn(slot, "/v1/completions", body, signal), {
        isStreamed: true,
        signal,
        rewrite: (events) => {
          const told = noted(events, slot, known);
          return top === null ? told : olderEvents(told, top);
        },
        skips: isProgress,
      });
    });
  }

  const readPrompt: Engine["readPrompt"] = async (prompt, top, signal) => {
    const needs = { connection, facts: await facts() };
    using slot = takeSlot(prompt);
    return await readRawPrompt({ ...needs, findToken: findToken(slot, signal) }, { prompt, top }, signal);
  };

  async function tokenLogprobs(
    prompt: readonly number[],
    answer: readonly number[],
    signal: AbortSignal,
  ): Promise<readonly TokenLogprob[]> {
    using slot = takeSlot(prompt);
    await readInPortions(slot, async () => prompt, signal);
    const find = findToken(slot, signal);
    const logprobs: TokenLogprob[] = [];
    for (const [index, token] of answer.entries()) {
      const { logprob, likely } = await find(token, [...prompt, ...answer.slice(0, index)], 1);
      logprobs.push({ logprob, isTop: likely[0]?.id === token });
    }
    return logprobs;
  }

  return { chat, complete, readPrompt, renderPrompt, tokenLogprobs };
}
