import { z } from "zod";

const ToolCallDelta = z.looseObject({
  index: z.int(),
  id: z.string().optional(),
  type: z.string().optional(),
  function: z.looseObject({ name: z.string().optional(), arguments: z.string().optional() }).optional(),
});
type ToolCallDelta = z.infer<typeof ToolCallDelta>;

const Choice = z.object({
  index: z.int(),
  delta: z.object({ content: z.string().nullish(), tool_calls: z.array(ToolCallDelta).nullish() }),
  finish_reason: z.string().nullish(),
  logprobs: z.object({ content: z.array(z.unknown()).nullish() }).nullish(),
});
type Choice = z.infer<typeof Choice>;

export const CompletionChunk = z.looseObject({ choices: z.array(Choice), usage: z.unknown().optional() });
export type CompletionChunk = z.infer<typeof CompletionChunk>;

const isPresent = <Value>(value: Value | null | undefined): value is Value =>
  value !== null && value !== undefined;

/** The pieces of one call: its name comes first, its arguments in any number of parts. */
function joinToolCall(parts: readonly ToolCallDelta[]) {
  return {
    id: parts.map(({ id }) => id).find(isPresent) ?? "",
    type: "function",
    function: {
      name: parts.map((part) => part.function?.name ?? "").join(""),
      arguments: parts.map((part) => part.function?.arguments ?? "").join(""),
    },
  };
}

function joinToolCalls(parts: readonly ToolCallDelta[]) {
  const calls = Object.values(Object.groupBy(parts, ({ index }) => index));
  return calls.map((call) => joinToolCall(call ?? []));
}

function joinChoice(parts: readonly Choice[]) {
  const text = parts.map(({ delta }) => delta.content ?? "").join("");
  const calls = joinToolCalls(parts.flatMap(({ delta }) => delta.tool_calls ?? []));
  const logprobs = parts.flatMap((part) => part.logprobs?.content ?? []);
  return {
    index: parts[0]?.index ?? 0,
    message: {
      role: "assistant",
      ...(calls.length > 0 ? { content: text || null, tool_calls: calls } : { content: text }),
    },
    logprobs: logprobs.length > 0 ? { content: logprobs } : null,
    finish_reason: parts.map((part) => part.finish_reason).findLast(isPresent) ?? null,
  };
}

/** OpenAI's `chat.completion` from the chunks of the same answer streamed. */
export function assembleCompletion(chunks: readonly CompletionChunk[]) {
  const parts = Object.groupBy(
    chunks.flatMap(({ choices }) => choices),
    ({ index }) => index,
  );
  const { choices: _, object: __, ...head } = chunks[0] ?? { choices: [] };
  const usage = chunks.map((chunk) => chunk.usage).findLast(isPresent);
  const choices = Object.values(parts).map((choice) => joinChoice(choice ?? []));
  return { ...head, object: "chat.completion", choices, usage };
}
