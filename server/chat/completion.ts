import type { EngineChunk, EngineCompletion } from "../../contract/chat.ts";

export type TokenUsage = EngineCompletion["usage"];
type Logprobs = EngineCompletion["choices"][number]["logprobs"];

/** What all parts of one answer share. */
export type Head = { readonly id: string; readonly created: number; readonly model: string };

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
      cached_tokens: first?.prompt_tokens_details?.cached_tokens ?? 0,
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

/** OpenAI's `chat.completion` from the engine's answers, one a choice. */
export function presentCompletion(head: Head, answers: readonly EngineCompletion[]) {
  const choices = answers.flatMap(({ choices: [choice] }, index) => {
    if (!choice) return [];
    const { content, tool_calls } = choice.message;
    const message = { role: "assistant", content: content ?? "", refusal: null, annotations: [] };
    return {
      index,
      message: tool_calls?.length ? { ...message, content: content || null, tool_calls } : message,
      logprobs: presentLogprobs(choice.logprobs),
      finish_reason: choice.finish_reason ?? "stop",
    };
  });
  const usage = totalUsage(answers.map((answer) => answer.usage));
  return { ...head, object: "chat.completion", choices, usage, service_tier: "default" };
}

/** OpenAI's `chat.completion.chunk`; `usage` only where the caller asked for it, then null on all but the last. */
export function presentChunk(head: Head, index: number, chunk: EngineChunk, withUsage: boolean) {
  const choices = chunk.choices.map(({ delta, finish_reason, logprobs }) => ({
    index,
    delta: delta.role ? { ...delta, content: delta.content ?? "", refusal: null } : delta,
    logprobs: presentLogprobs(logprobs),
    finish_reason: finish_reason ?? null,
  }));
  return { ...head, object: "chat.completion.chunk", choices, ...(withUsage ? { usage: null } : {}) };
}

export const presentUsageChunk = (head: Head, usage: readonly TokenUsage[]) => ({
  ...head,
  object: "chat.completion.chunk",
  choices: [],
  usage: totalUsage(usage),
});
