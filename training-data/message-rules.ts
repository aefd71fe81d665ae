import { type Dictionary, isDictionary } from "./jsonl.ts";
import { add, checkKeys, isFull, itemOf, keyOf, type Place, quoted, typeName } from "./problem.ts";
import { checkCalls } from "./tool-rules.ts";

/** An answer that was kept as it came has these, of which nothing is trained. */
const OF_ANSWERS = ["audio", "annotations"];

const MESSAGE_KEYS: ReadonlyMap<unknown, readonly string[]> = new Map([
  ["system", ["role", "content", "name"]],
  ["developer", ["role", "content", "name"]],
  ["user", ["role", "content", "name"]],
  [
    "assistant",
    ["role", "content", "name", "weight", "tool_calls", "function_call", "refusal", ...OF_ANSWERS],
  ],
  ["tool", ["role", "content", "tool_call_id", "name"]],
  ["function", ["role", "content", "name"]],
]);

const NOT_TEXT: Readonly<Record<string, string>> = { input_audio: "audio", audio: "audio", file: "a file" };
const IMAGES = ["image_url", "image", "input_image"];

function checkPart(place: Place, part: unknown, role: unknown) {
  if (!isDictionary(part)) {
    const text = `content holds ${typeName(part)} where a part such as {"type": "text", "text": …} belongs`;
    return add(place, "unknown_part", text);
  }
  const type = String(part.type);
  if (IMAGES.includes(type))
    return add(place, "image", "contains an image, but the base model reads text only");
  if (Object.hasOwn(NOT_TEXT, type))
    return add(place, "not_text", `contains ${NOT_TEXT[type]}, but the base model reads text only`);
  if (part.type !== "text" && !(part.type === "refusal" && role === "assistant"))
    return add(
      keyOf(place, "type"),
      "unknown_part",
      `content part has the unknown type ${quoted(part.type)}`,
    );
  if (typeof part[type] !== "string")
    add(keyOf(place, type), "wrong_type", `content part of type '${type}' lacks its '${type}' as a string`);
}

function checkContent(place: Place, message: Dictionary) {
  const { content, role } = message;
  if (typeof content === "string") return;
  const at = keyOf(place, "content");
  if (Array.isArray(content)) {
    if (content.length === 0) add(at, "empty", "content is an empty array: it must hold the text");
    for (const [index, part] of content.entries()) {
      if (isFull(at)) return;
      checkPart(itemOf(at, index), part, role);
    }
    return;
  }
  const mayLack = role === "assistant" && (message.tool_calls || message.function_call || message.refusal);
  if (mayLack && (content === null || content === undefined)) return;
  if (content === undefined) return add(at, "missing_content", "is missing key 'content'");
  const code = content === null ? "missing_content" : "wrong_type";
  add(at, code, `content is ${typeName(content)}: it must be a string or an array of parts`);
}

function checkTextKey(place: Place, message: Dictionary, key: "name" | "tool_call_id" | "refusal") {
  const value = message[key];
  if (value === undefined || typeof value === "string" || (value === null && key === "refusal")) return;
  add(keyOf(place, key), "wrong_type", `${key} is ${typeName(value)}: it must be a string`);
}

function checkAssistant(place: Place, message: Dictionary) {
  checkTextKey(place, message, "refusal");
  if (message.audio !== undefined && message.audio !== null)
    add(keyOf(place, "audio"), "not_text", "contains audio, but the base model reads text only");
  checkCalls(place, message);
  const { weight } = message;
  if (weight === undefined || weight === 0 || weight === 1) return;
  add(keyOf(place, "weight"), "bad_weight", `weight must be 0 or 1, not ${quoted(weight)}`);
}

const PLAIN_ROLES: readonly unknown[] = ["user", "assistant", "system"];

/** A role and a text, as most messages are: nothing can be wrong with it, and it is not worth a second look. */
export function isPlain(message: unknown): boolean {
  if (!isDictionary(message) || typeof message.content !== "string") return false;
  for (const key in message) if (key !== "role" && key !== "content") return false;
  return PLAIN_ROLES.includes(message.role);
}

/** Everything that is wrong with one message. */
export function checkMessage(place: Place, message: unknown) {
  if (!isDictionary(message))
    return add(place, "wrong_type", `is ${typeName(message)}: each message must be an object`);
  const { role } = message;
  if (role === undefined)
    return add(keyOf(place, "role"), "missing_role", "Discriminator 'role' is missing in value");
  const keys = MESSAGE_KEYS.get(role);
  if (!keys) {
    const expected = [...MESSAGE_KEYS.keys()].join(", ");
    const text = `Input tag ${quoted(role)} found using 'role' does not match any of the expected tags: ${expected}`;
    return add(keyOf(place, "role"), "unknown_role", text);
  }
  checkKeys(place, message, keys);
  checkTextKey(place, message, "name");
  checkContent(place, message);
  if (role === "assistant") checkAssistant(place, message);
  else if (role === "tool") checkTextKey(place, message, "tool_call_id");
}
