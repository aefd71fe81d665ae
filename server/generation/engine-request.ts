import type { ChatMessage, ChatRequest } from "../../contract/chat.ts";
import { choiceSeed } from "./choice-seed.ts";
import { toolRequest } from "./tool-request.ts";

type AssistantMessage = Extract<ChatMessage, { role: "assistant" }>;
type Tool = NonNullable<ChatRequest["tools"]>[number];
type FunctionCall = NonNullable<AssistantMessage["function_call"]>;

/** As the trainer puts parts together: the prompt must be the one that was trained. */
function textOf(content: ChatMessage["content"]): string {
  if (!Array.isArray(content)) return content ?? "";
  return content.map((part) => (part.type === "text" ? part.text : part.refusal)).join("\n");
}

/** The older form of a call has no id; its answer names the function. */
const callId = (functionName: string) => `call_${functionName}`;

const asToolCall = (call: FunctionCall) => ({ id: callId(call.name), type: "function", function: call });

function plainAssistant({ name, content, refusal, tool_calls, function_call }: AssistantMessage) {
  const calls = tool_calls ?? (function_call ? [asToolCall(function_call)] : undefined);
  const text = textOf(content) || refusal || "";
  return { role: "assistant", content: calls ? text || null : text, name, tool_calls: calls };
}

/** Engines and templates know text, not parts, and only the newer forms; but "system" rather than "developer". */
function plainMessage(message: ChatMessage) {
  if (message.role === "assistant") return plainAssistant(message);
  const content = textOf(message.content);
  if (message.role === "function") return { role: "tool", content, tool_call_id: callId(message.name) };
  return { ...message, role: message.role === "developer" ? "system" : message.role, content };
}

/** What is said of it; null is as if left out. */
function givenOf(wanted: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  for (const name of Object.keys(wanted)) {
    const value = wanted[name];
    if (value !== null && value !== undefined) given[name] = value;
  }
  return given;
}

/** As the trainer reads tools: null is as if left out. llama.cpp fails at a description that is no text. */
const plainTool = ({ type, function: { name, description, strict, parameters } }: Tool) => ({
  type,
  function: { name, ...givenOf({ description, strict }), parameters: parameters ?? {} },
});

/** What is only of use together with tools. */
function toolSettings(request: ChatRequest) {
  const { tools, choice, isParallel } = toolRequest(request);
  if (tools.length === 0 || choice === "none") return {};
  return { tools: tools.map(plainTool), tool_choice: choice, parallel_tool_calls: isParallel };
}

/**
 * The body for the engine of one choice. OpenAI's defaults are spelled out, since engines have their own
 * (llama.cpp: temperature 0.8, top_k 40, min_p 0.05).
 */
export function engineRequest(request: ChatRequest, choice: number): Record<string, unknown> {
  return givenOf({
    ...toolSettings(request),
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
    seed: choiceSeed(request.seed, choice),
    response_format: request.response_format,
    stream: request.stream ?? false,
    stream_options: request.stream ? { include_usage: true } : undefined,
  });
}
