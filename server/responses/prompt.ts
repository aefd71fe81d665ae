import type { ChatMessage, ChatRequest } from "../../contract/chat.ts";
import type { Item } from "../../contract/response-items.ts";
import type { CreateResponse, FunctionTool, PromptRequest } from "../../contract/responses.ts";
import { engineRequest } from "../generation/engine-request.ts";

type Assistant = Extract<ChatMessage, { role: "assistant" }>;

type Part = Extract<Item, { type: "message" }>["content"][number];

/** As the trainer puts parts together: the prompt must be the one that was trained. */
const textOf = (parts: readonly Part[]): string =>
  parts.map((part) => (part.type === "refusal" ? part.refusal : part.text)).join("\n");

function plain(item: Item): ChatMessage {
  switch (item.type) {
    case "message":
      return { role: item.role, content: textOf(item.content) };
    case "function_call": {
      const call = { name: item.name, arguments: item.arguments };
      return { role: "assistant", tool_calls: [{ id: item.call_id, type: "function", function: call }] };
    }
    case "function_call_output": {
      const content = typeof item.output === "string" ? item.output : textOf(item.output);
      return { role: "tool", content, tool_call_id: item.call_id };
    }
  }
}

/** A text and the calls after it are one message of a chat. */
function joined(before: Assistant, { tool_calls }: Assistant): Assistant {
  return { ...before, tool_calls: [...(before.tool_calls ?? []), ...(tool_calls ?? [])] };
}

/** The chat that a response's items tell, instructions first. */
export function chatMessages(items: readonly Item[], instructions: string | null): ChatMessage[] {
  const messages: ChatMessage[] = instructions === null ? [] : [{ role: "developer", content: instructions }];
  for (const message of items.map(plain)) {
    const before = messages.at(-1);
    if (message.role === "assistant" && message.tool_calls && before?.role === "assistant") {
      messages.splice(-1, 1, joined(before, message));
    } else messages.push(message);
  }
  return messages;
}

const chatTool = ({ type, strict, ...tool }: FunctionTool) => ({
  type,
  function: {
    name: tool.name,
    ...(tool.description ? { description: tool.description } : {}),
    parameters: tool.parameters ?? { type: "object", properties: {} },
    ...(typeof strict === "boolean" ? { strict } : {}),
  },
});

/** The tools that may be called, and whether one must be: engines know names of tools only by what they are given. */
function toolsOf({ tools, tool_choice: choice }: PromptRequest) {
  const all = tools ?? [];
  if (all.length === 0 || choice === "none") return { tools: [], isRequired: false };
  if (!choice || typeof choice === "string") return { tools: all, isRequired: choice === "required" };
  const names = choice.type === "function" ? [choice.name] : choice.tools.map(({ name }) => name);
  const allowed = all.filter(({ name }) => names.includes(name));
  return { tools: allowed, isRequired: choice.type === "function" || choice.mode === "required" };
}

function chatFormat({ text }: PromptRequest): ChatRequest["response_format"] {
  const format = text?.format;
  if (format?.type !== "json_schema") return format;
  const { type, description, strict, ...schema } = format;
  return {
    type,
    json_schema: { ...schema, ...(description ? { description } : {}), ...(strict ? { strict } : {}) },
  };
}

type Sampling = Partial<
  Pick<CreateResponse, "max_output_tokens" | "temperature" | "top_p" | "top_logprobs" | "include">
>;

/** Asked for by either: `top_logprobs` alone says how many there are to be. */
export const wantsLogprobs = ({ include, top_logprobs }: Sampling): boolean =>
  include?.includes("message.output_text.logprobs") === true || (top_logprobs ?? 0) > 0;

/** The body for the engine. */
export function engineBody(request: PromptRequest & Sampling, items: readonly Item[]) {
  const { tools, isRequired } = toolsOf(request);
  const chat: ChatRequest = {
    model: request.model,
    messages: chatMessages(items, request.instructions ?? null),
    max_completion_tokens: request.max_output_tokens,
    temperature: request.temperature,
    top_p: request.top_p,
    logprobs: wantsLogprobs(request) || undefined,
    top_logprobs: request.top_logprobs,
    response_format: chatFormat(request),
    tools: tools.length > 0 ? tools.map(chatTool) : undefined,
    tool_choice: tools.length > 0 && isRequired ? "required" : undefined,
    parallel_tool_calls: request.parallel_tool_calls,
    stream: true,
  };
  return engineRequest(chat, 0);
}
export type EngineBody = ReturnType<typeof engineBody>;
