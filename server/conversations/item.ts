import { Refusal } from "../../contract/errors.ts";
import type { InputItem, InputText, Item, OutputText, RefusalPart } from "../../contract/response-items.ts";
import { newFunctionCallId, newMessageId } from "../platform/ids.ts";

type Kind<Type extends InputItem["type"]> = Extract<InputItem, { type: Type }>;

const inputText = (text: string): InputText => ({ type: "input_text", text });
export const outputText = (text: string, logprobs: OutputText["logprobs"] = []): OutputText => ({
  type: "output_text",
  text,
  annotations: [],
  logprobs,
});

function assistantParts(
  content: Extract<Kind<"message">, { role: "assistant" }>["content"],
): (OutputText | RefusalPart)[] {
  if (typeof content === "string") return [outputText(content)];
  return content.map((part) => (part.type === "output_text" ? outputText(part.text) : part));
}

function toMessage(message: Kind<"message">): Item {
  const head = {
    id: message.id ?? newMessageId(),
    type: "message",
    status: message.status ?? "completed",
  } as const;
  if (message.role === "assistant") {
    return { ...head, role: message.role, content: assistantParts(message.content) };
  }
  const { content } = message;
  return {
    ...head,
    role: message.role,
    content: typeof content === "string" ? [inputText(content)] : content,
  };
}

type Own = Exclude<InputItem, { type: "item_reference" | "reasoning" }>;

/** What a caller sent as it is stored and shown: with an id, and its content in parts. */
function toItem(item: Own): Item {
  if (item.type === "message") return toMessage(item);
  return { ...item, id: item.id ?? newFunctionCallId(), status: item.status ?? "completed" };
}

type FindItem = (id: string) => Promise<Item | undefined>;

async function referred(id: string, param: string, find: FindItem): Promise<Item> {
  const found = await find(id);
  if (found) return found;
  throw new Refusal(
    "item_not_found",
    `Item with id '${id}' not found. Items are kept with stored responses and conversations.`,
    `${param}.id`,
  );
}

function assertNew(id: string, known: ReadonlySet<string>, param: string): void {
  if (!known.has(id)) return;
  throw new Refusal(
    "invalid_value",
    `Duplicate item found with id ${id}. Remove duplicate items from your input and try again.`,
    `${param}.id`,
  );
}

/** The items of a request: references followed, reasoning left out, each id once. */
export async function toItems(
  inputs: readonly InputItem[],
  { find, known, name }: { find: FindItem; known: ReadonlySet<string>; name: "input" | "items" },
): Promise<Item[]> {
  const seen = new Set(known);
  const items: Item[] = [];
  for (const [index, input] of inputs.entries()) {
    if (input.type === "reasoning") continue;
    const param = `${name}[${index}]`;
    const item = input.type === "item_reference" ? await referred(input.id, param, find) : toItem(input);
    assertNew(item.id, seen, param);
    seen.add(item.id);
    items.push(item);
  }
  return items;
}
