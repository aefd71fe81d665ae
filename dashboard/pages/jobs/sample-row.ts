import { ChatRequest } from "../../../contract/chat.ts";
import { type Dictionary, isDictionary } from "../../../training-data/jsonl.ts";
import type { Answer } from "../playground/answer.ts";

/** What a row of training data asks, and the answer that it teaches. */
export type Sample = {
  readonly line: number;
  readonly question: Omit<ChatRequest, "model">;
  /** The last thing said before the answer. */
  readonly asks: string;
  readonly expected: string;
};

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Enough to tell answers apart; a base without an end to its answer would write until its context is full. */
const MOST_TOKENS = 256;

const textOf = (content: unknown): string =>
  typeof content === "string"
    ? content
    : listOf(content)
        .map((part) => (isDictionary(part) && typeof part.text === "string" ? part.text : ""))
        .join("");

/** The same for every way to write the same arguments. */
function readable(written: unknown): string {
  try {
    return JSON.stringify(JSON.parse(String(written)));
  } catch {
    return String(written);
  }
}

const callText = (name: unknown, written: unknown) => `${name}(${readable(written)})`;

function answerText(message: Dictionary): string {
  const calls = listOf(message.tool_calls).flatMap((call) =>
    isDictionary(call) && isDictionary(call.function)
      ? callText(call.function.name, call.function.arguments)
      : [],
  );
  const old = isDictionary(message.function_call)
    ? [callText(message.function_call.name, message.function_call.arguments)]
    : [];
  return [textOf(message.content), ...calls, ...old].filter(Boolean).join("\n");
}

type Parts = {
  readonly messages: readonly unknown[];
  readonly answer: Dictionary;
  readonly tools: Dictionary;
};

/** A row may list no tools, and say how none are called: a request may not. */
function toolsOf({ tools, parallel_tool_calls, functions }: Dictionary): Dictionary {
  if (listOf(tools).length > 0)
    return { tools, ...(parallel_tool_calls === undefined ? {} : { parallel_tool_calls }) };
  return listOf(functions).length > 0 ? { functions } : {};
}

/** A pair's input and its preferred output, a prompt and its completion, or a chat up to its last answer. */
function partsOf(row: Dictionary): Parts | null {
  if (isDictionary(row.input)) {
    const answer = listOf(row.preferred_output).findLast(isDictionary);
    return answer ? { messages: listOf(row.input.messages), answer, tools: toolsOf(row.input) } : null;
  }
  if (typeof row.prompt === "string") {
    const answer = { content: String(row.completion).replace(/^ /, "") };
    return { messages: [{ role: "user", content: row.prompt }], answer, tools: {} };
  }
  const messages = listOf(row.messages);
  const at = messages.findLastIndex((message) => isDictionary(message) && message.role === "assistant");
  const answer = messages[at];
  return isDictionary(answer) ? { messages: messages.slice(0, at), answer, tools: toolsOf(row) } : null;
}

/** A message's weight is for the training alone. */
const withoutWeight = (message: unknown) => {
  if (!isDictionary(message)) return message;
  const { weight: _, ...rest } = message;
  return rest;
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

/** null: there is nothing in the row to ask a model for. */
export function sampleOf(line: number, text: string): Sample | null {
  const row = parsed(text);
  const parts = isDictionary(row) ? partsOf(row) : null;
  if (!parts) return null;
  const messages = parts.messages.map(withoutWeight);
  const limits = { temperature: 0, max_completion_tokens: MOST_TOKENS };
  const request = ChatRequest.safeParse({ ...parts.tools, ...limits, model: "any", messages });
  if (!request.success) return null;
  const { model: _, ...question } = request.data;
  const last = messages.findLast(isDictionary);
  return { line, question, asks: textOf(last?.content), expected: answerText(parts.answer) };
}

/** An answer in the words of `expected`. */
export const answered = ({ text, calls }: Answer): string =>
  [text, ...calls.map(({ name, arguments: written }) => callText(name, written))].filter(Boolean).join("\n");

const even = (text: string) => text.trim().replaceAll(/\s+/g, " ");

/** Whether two answers are the same but for white space. */
export const isSame = (one: string, other: string): boolean => even(one) === even(other);
