import type { DataFormat } from "../contract/training-data.ts";
import { type Dictionary, isDictionary } from "./jsonl.ts";
import { isTrained, outputKeys } from "./row-rules.ts";

/** A row that broke no rule, as the warnings look at it. */
export type Reading = {
  readonly format: DataFormat;
  /** What stands before the answer that is compared: the last one that is trained on. */
  readonly prompt: readonly unknown[];
  /** Tools and the like, which are part of what the model sees. */
  readonly setting: readonly unknown[];
  readonly answer: unknown;
  /** Of a preference pair: the answer that is not wanted. */
  readonly otherAnswer: unknown;
  /** Everything that is said, in order. */
  readonly messages: readonly Dictionary[];
  /** Those of it that are trained on, the other answer of a pair among them. */
  readonly trained: readonly Dictionary[];
};

const dictionaries = (value: unknown): Dictionary[] =>
  Array.isArray(value) ? value.filter(isDictionary) : [];

const settingOf = (row: Dictionary) => [row.tools ?? null, row.functions ?? null];

function readChat(row: Dictionary): Reading {
  const messages = dictionaries(row.messages);
  const last = messages.findLastIndex(isTrained);
  return {
    format: "chat",
    prompt: messages.slice(0, Math.max(0, last)),
    setting: settingOf(row),
    answer: messages[last],
    otherAnswer: undefined,
    messages,
    trained: messages.filter(isTrained),
  };
}

/** Without the space that completions begin with: the trainer leaves it out too. */
const withoutSpace = (text: unknown) =>
  typeof text === "string" && text.startsWith(" ") ? text.slice(1) : text;

function readCompletion(row: Dictionary): Reading {
  const prompt = { role: "user", content: row.prompt };
  const answer = { role: "assistant", content: withoutSpace(row.completion) };
  return {
    format: "completion",
    prompt: row.prompt === "" ? [] : [prompt],
    setting: [],
    answer,
    otherAnswer: undefined,
    messages: [prompt, answer],
    trained: [answer],
  };
}

function readPreference(row: Dictionary): Reading {
  const outputOf = (keys: readonly string[]) =>
    dictionaries(keys.map((key) => row[key]).find((value) => value !== undefined));
  const [preferred] = outputOf(outputKeys.preferred);
  const [other] = outputOf(outputKeys.nonPreferred);
  const input = isDictionary(row.input) ? row.input : {};
  const messages = dictionaries(input.messages);
  return {
    format: "preference",
    prompt: messages,
    setting: settingOf(input),
    answer: preferred,
    otherAnswer: other,
    messages: preferred ? [...messages, preferred] : messages,
    trained: [preferred, other].filter((message) => message !== undefined),
  };
}

const readers = { chat: readChat, completion: readCompletion, preference: readPreference } as const;

export const readRow = (row: Dictionary, format: DataFormat): Reading => readers[format](row);

const partText = (part: unknown): string => {
  if (!isDictionary(part)) return "";
  const text = part.text ?? part.refusal;
  return typeof text === "string" ? text : "";
};

/** What the message says, without calls. */
export function textOf({ content, refusal }: Dictionary): string {
  if (typeof content === "string" && content !== "") return content;
  if (Array.isArray(content)) return content.map(partText).join("\n");
  return typeof refusal === "string" ? refusal : "";
}

export const callsOf = (message: Dictionary): Dictionary[] => dictionaries(message.tool_calls);
export const isCalling = (message: Dictionary): boolean =>
  callsOf(message).length > 0 || isDictionary(message.function_call);
