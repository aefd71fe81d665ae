import { type Dictionary, isDictionary } from "./jsonl.ts";

/** Rows of other programs, by the keys that they have, and how to write them instead. */
const kinds: readonly (readonly [keys: readonly string[], advice: string])[] = [
  [
    ["conversations"],
    "It looks like ShareGPT's: rename 'conversations' to 'messages', 'from' to 'role' (human: user, gpt: assistant) and 'value' to 'content'.",
  ],
  [
    ["chosen", "rejected"],
    'It looks like a pair of TRL\'s: write {"input": {"messages": [what is asked]}, "preferred_output": [the chosen message], "non_preferred_output": [the rejected one]}.',
  ],
  [
    ["instruction", "output"],
    "It looks like Alpaca's: write 'instruction' and 'input' as a user's message, 'output' as the assistant's.",
  ],
  [
    ["contents"],
    "It looks like Gemini's: write 'contents' as 'messages', the role model as assistant, and the 'parts' as 'content'.",
  ],
  [
    ["custom_id", "body"],
    "It is a batch's request: write the 'messages' of its 'body' with the answer after them.",
  ],
  [
    ["custom_id", "response"],
    "It is a batch's result: write the messages of its request with the answer after them as 'messages'.",
  ],
  [
    ["choices"],
    "It is an answer of the API: write the messages that were sent, with the 'message' of 'choices' after them, as 'messages'.",
  ],
  [
    ["inputs", "outputs"],
    "It looks like a run of LangSmith's: write the messages of 'inputs' with that of 'outputs' after them as 'messages'.",
  ],
  [
    ["request", "response"],
    "It looks like a logged request: write its messages with the answer after them as 'messages'.",
  ],
  [
    ["input", "expected"],
    "It looks like a row of an evaluation: write 'input' as the messages, with 'expected' as the assistant's after them.",
  ],
  [
    ["input", "output"],
    "Write 'input' as the user's message and 'output' as the assistant's, in 'messages'.",
  ],
  [
    ["item"],
    "It looks like a row of an evaluation: write what 'item' holds as 'messages', the answer as the assistant's.",
  ],
  [
    ["question", "answer"],
    "Write 'question' as the user's message and 'answer' as the assistant's, in 'messages'.",
  ],
  [["text"], "It is text alone: write it as 'messages', what the model shall say as the assistant's."],
];

/** How to write a row that is made for something else; null: it is nothing that is known. */
export function foreignAdvice(row: Dictionary): string | null {
  const found = kinds.find(([keys]) => keys.every((key) => Object.hasOwn(row, key)));
  if (found) return found[1];
  const misspelt = Object.keys(row).find((key) => key.trim().toLowerCase() === "messages");
  if (misspelt !== undefined) return `Rename ${JSON.stringify(misspelt)} to "messages".`;
  const [inner] = Object.values(row);
  if (Object.keys(row).length === 1 && isDictionary(inner) && Object.hasOwn(inner, "messages"))
    return `Write what ${JSON.stringify(Object.keys(row)[0])} holds as the row itself.`;
  return null;
}
