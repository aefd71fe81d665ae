import type { ChatMessage, ChatRequest } from "../../contract/chat.ts";

/** Templates know text, not parts; and "developer" is the newer word for "system". */
function plainMessage(message: ChatMessage) {
  const role = message.role === "developer" ? "system" : message.role;
  const content = Array.isArray(message.content)
    ? message.content.map((part) => part.text).join("")
    : message.content;
  return { ...message, role, content: content ?? null };
}

/**
 * The body for the engine of one choice. OpenAI's defaults are spelled out, since engines have their own
 * (llama.cpp: temperature 0.8, top_k 40, min_p 0.05).
 */
export function engineRequest(request: ChatRequest, choice: number): Record<string, unknown> {
  const { tools, tool_choice } = request;
  const wanted = {
    messages: request.messages.map(plainMessage),
    temperature: request.temperature ?? 1,
    top_p: request.top_p ?? 1,
    top_k: 0,
    min_p: 0,
    max_tokens: request.max_completion_tokens ?? request.max_tokens,
    stop: request.stop,
    frequency_penalty: request.frequency_penalty,
    presence_penalty: request.presence_penalty,
    logit_bias: request.logit_bias,
    logprobs: request.logprobs,
    top_logprobs: request.logprobs ? (request.top_logprobs ?? 0) : undefined,
    seed: request.seed === null || request.seed === undefined ? undefined : request.seed + choice,
    response_format: request.response_format,
    tools: tool_choice === "none" ? undefined : tools,
    stream: request.stream ?? false,
    stream_options: request.stream ? { include_usage: true } : undefined,
  };
  return Object.fromEntries(
    Object.entries(wanted).filter(([, value]) => value !== null && value !== undefined),
  );
}
