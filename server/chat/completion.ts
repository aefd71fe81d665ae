import type { EngineChunk, EngineCompletion, ToolCall, ToolCallDelta } from "../../contract/chat.ts";
import { toldCachedTokens } from "../generation/cached-tokens.ts";

export type TokenUsage = EngineCompletion["usage"];
type Logprobs = EngineCompletion["choices"][number]["logprobs"];

/** What all parts of one answer share. */
export type Head = { readonly id: string; readonly created: number; readonly model: string };

/** A piece of one of an answer's choices. */
export type Part = { readonly index: number; readonly chunk: EngineChunk };

/** Several choices share their prompt: it counts once. */
export function totalUsage(all: readonly TokenUsage[]) {
  const [first] = all;
  const prompt = first?.prompt_tokens ?? 0;
  const completion = all.reduce((sum, usage) => sum + usage.completion_tokens, 0);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: {
      cached_tokens: toldCachedTokens(first?.prompt_tokens_details?.cached_tokens),
      audio_tokens: 0,
    },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

const presentToken = (token: { token: string; logprob: number; bytes?: number[] | null | undefined }) => ({
  token: token.token,
  logprob: token.logprob,
  bytes: token.bytes ?? null,
});

function presentLogprobs(logprobs: Logprobs) {
  if (!logprobs?.content) return null;
  const content = logprobs.content.map(({ top_logprobs, ...token }) => ({
    ...presentToken(token),
    top_logprobs: top_logprobs.map(presentToken),
  }));
  return { content, refusal: null };
}

const calledFunction = (call: ToolCall | ToolCallDelta | undefined) => ({ function_call: call?.function });

type Message = EngineCompletion["choices"][number]["message"];

function presentMessage({ content, tool_calls: calls }: Message, isLegacy: boolean) {
  const message = { role: "assistant", content: content ?? "", refusal: null, annotations: [] };
  if (!calls?.length) return message;
  const called = isLegacy ? calledFunction(calls[0]) : { tool_calls: calls };
  return { ...message, content: content || null, ...called };
}

const presentFinish = (reason: string, isLegacy: boolean) =>
  isLegacy && reason === "tool_calls" ? "function_call" : reason;

/**
 * OpenAI's `chat.completion` from the engine's answers, one a choice. `isLegacy`: calls as `function_call`, for those
 * who asked with `functions`.
 */
export function presentCompletion(head: Head, answers: readonly EngineCompletion[], isLegacy = false) {
  const choices = answers.flatMap(({ choices: [choice] }, index) => {
    if (!choice) return [];
    return {
      index,
      message: presentMessage(choice.message, isLegacy),
      logprobs: presentLogprobs(choice.logprobs),
      finish_reason: presentFinish(choice.finish_reason ?? "stop", isLegacy),
    };
  });
  const usage = totalUsage(answers.map((answer) => answer.usage));
  return { ...head, object: "chat.completion", choices, usage, service_tier: "default" };
}

type Delta = EngineChunk["choices"][number]["delta"];

function presentDelta({ tool_calls: calls, ...delta }: Delta, isLegacy: boolean) {
  const begun = delta.role ? { ...delta, content: delta.content ?? "", refusal: null } : delta;
  if (!calls) return begun;
  return { ...begun, ...(isLegacy ? calledFunction(calls[0]) : { tool_calls: calls }) };
}

/** How chunks are shown: with `usage` only where the caller asked for it, then null on all but the last. */
export type ChunkStyle = { readonly withUsage: boolean; readonly isLegacy: boolean };

/** OpenAI's `chat.completion.chunk`. */
export function presentChunk(head: Head, { index, chunk }: Part, { withUsage, isLegacy }: ChunkStyle) {
  const choices = chunk.choices.map(({ delta, finish_reason, logprobs }) => ({
    index,
    delta: presentDelta(delta, isLegacy),
    logprobs: presentLogprobs(logprobs),
    finish_reason: finish_reason ? presentFinish(finish_reason, isLegacy) : null,
  }));
  return { ...head, object: "chat.completion.chunk", choices, ...(withUsage ? { usage: null } : {}) };
}

export const presentUsageChunk = (head: Head, usage: readonly TokenUsage[]) => ({
  ...head,
  object: "chat.completion.chunk",
  choices: [],
  usage: totalUsage(usage),
});
