import { text } from "node:stream/consumers";
import { Refusal } from "../../../contract/errors.ts";
import type {
  Adapter,
  AdapterLoader,
  ChatRequest,
  Engine,
  EngineReply,
  Prompt,
  PromptText,
  RawPrompt,
  TokenLogprob,
} from "../engine.ts";
import { type Connection, send } from "../engine-http.ts";
import { refusedAnswer, streamedAnswer } from "../streamed-answer.ts";
import { readCalls } from "../tool-calls/tool-call-events.ts";
import type { ToolFormat } from "../tool-calls/tool-format.ts";
import { tokenIdEvents } from "./answer.ts";
import { createAsk, type VllmRefusal, VllmRefused } from "./ask.ts";
import { renderChat, textOf, tokensOf } from "./facts.ts";
import { vllmRequest, vllmText } from "./request.ts";
import { answerLogprobs, promptTokens, readScores, scoringRequest } from "./scoring.ts";

/** A server that runs. */
export type VllmServer = {
  readonly connection: Connection;
  readonly loader: AdapterLoader;
  /** How many tokens a prompt and its answer may have. */
  readonly contextLength: number;
  readonly findFormat: () => Promise<ToolFormat | null>;
};

const isTooLong = ({ message }: VllmRefusal) => /maximum context length/.test(message);

/** vLLM's server as an `Engine`: the adapter or, for null, the base model. */
export function createVllmEngine(server: VllmServer, adapter: Adapter | null, projectId: string): Engine {
  const { connection, contextLength, findFormat } = server;
  const { ask, askJson } = createAsk(server, adapter, projectId);

  /** A refusal is an answer, too; of a prompt that is too long vLLM counts no more than it has room for. */
  async function orRefusal(
    answer: () => Promise<EngineReply>,
    count: () => Promise<number>,
  ): Promise<EngineReply> {
    try {
      return await answer();
    } catch (error) {
      if (!(error instanceof VllmRefused)) throw error;
      const { message, param } = error.refusal;
      if (!isTooLong(error.refusal)) return refusedAnswer({ message, param: param ?? null });
      const type = "exceed_context_size_error";
      return refusedAnswer({ message, type, n_prompt_tokens: await count(), n_ctx: contextLength });
    }
  }

  async function chat(request: ChatRequest, signal: AbortSignal): Promise<EngineReply> {
    const asked = await vllmRequest(request, contextLength, findFormat);
    if ("refused" in asked) return refusedAnswer(asked.refused);
    const calls = readCalls({ ...asked, isHeld: request.stop !== undefined });
    const options = {
      isStreamed: request.stream === true,
      signal,
      rewrite: (events: AsyncGenerator<string>) =>
        calls(request.logprobs === true ? tokenIdEvents(events) : events),
    };
    const answer = async () =>
      await streamedAnswer(await ask("/v1/chat/completions", asked.body, signal), options);
    return await orRefusal(answer, async () => (await renderChat(connection, request, signal)).length);
  }

  async function complete(request: ChatRequest, signal: AbortSignal): Promise<EngineReply> {
    const body = vllmText(request, contextLength);
    const options = { isStreamed: true, signal, rewrite: (events: AsyncGenerator<string>) => events };
    const answer = async () => await streamedAnswer(await ask("/v1/completions", body, signal), options);
    return await orRefusal(answer, async () => (await idsOf(request.prompt, signal)).length);
  }

  async function idsOf(prompt: unknown, signal: AbortSignal): Promise<readonly number[]> {
    return Array.isArray(prompt) ? prompt : await tokensOf(connection, String(prompt), signal);
  }

  async function score(prompt: readonly number[], top: number, drawn: number | null, signal: AbortSignal) {
    const body = scoringRequest(prompt, top, drawn);
    return readScores(await askJson("/v1/completions", body, signal));
  }

  async function readPrompt(prompt: RawPrompt, top: number | null, signal: AbortSignal): Promise<PromptText> {
    const written = typeof prompt === "string" ? prompt : await textOf(connection, prompt, signal);
    if (top === null) return { text: written, tokens: [] };
    const ids = await idsOf(prompt, signal);
    if (ids.length >= contextLength) throw tooLong(ids.length, contextLength);
    const first = await textOf(connection, ids.slice(0, 1), signal);
    const { places } = await score(ids, top, null, signal);
    return { text: written, tokens: promptTokens(places, ids, first, top) };
  }

  async function tokenLogprobs(
    prompt: readonly number[],
    answer: readonly number[],
    signal: AbortSignal,
  ): Promise<readonly TokenLogprob[]> {
    const last = answer.at(-1);
    if (last === undefined) return [];
    return answerLogprobs(await score([...prompt, ...answer.slice(0, -1)], 1, last, signal), answer);
  }

  async function renderPrompt({ messages, tools, settings }: Prompt, signal: AbortSignal) {
    const chat = tools ? { ...settings, messages, tools } : { ...settings, messages };
    return await renderChat(connection, chat, signal);
  }

  return { chat, complete, readPrompt, renderPrompt, tokenLogprobs };
}

function tooLong(count: number, limit: number): Refusal {
  const message = `This model's maximum context length is ${limit} tokens. However, your prompt has ${count}. Please shorten it.`;
  return new Refusal("context_length_exceeded", message, "prompt");
}

const BUSY = /^vllm:num_requests_(?:running|waiting)\{[^}]*\} (\S+)$/gm;

/** How many requests the server is working on or has waiting. */
export async function countBusyRequests(connection: Connection, signal: AbortSignal): Promise<number> {
  const metrics = await text(await send(connection, "/metrics", null, signal));
  return [...metrics.matchAll(BUSY)].reduce((sum, [, count]) => sum + Number(count), 0);
}
