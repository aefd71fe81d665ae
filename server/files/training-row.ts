/** The rules for one line of a supervised training file (OpenAI's guide; texts as seen on the wire). Pure. */

const ROLES = ["system", "developer", "user", "assistant", "tool", "function"];
const ROW_KEYS = ["messages", "tools", "parallel_tool_calls", "functions"];
const MESSAGE_KEYS: Record<string, readonly string[]> = {
  system: ["role", "content", "name"],
  developer: ["role", "content", "name"],
  user: ["role", "content", "name"],
  assistant: ["role", "content", "name", "weight", "tool_calls", "function_call", "refusal"],
  tool: ["role", "content", "tool_call_id", "name"],
  function: ["role", "content", "name"],
};

type Dictionary = Record<string, unknown>;
const isDictionary = (value: unknown): value is Dictionary =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const typeName = (value: unknown) =>
  value === null
    ? "null"
    : Array.isArray(value)
      ? "an array"
      : typeof value === "object"
        ? "an object"
        : `a ${typeof value}`;

/** What is wrong with a part of the content; "" when nothing is. */
function partProblem(part: unknown): string {
  if (!isDictionary(part))
    return `content holds ${typeName(part)} where a part such as {"type": "text", "text": …} belongs`;
  if (part.type === "image_url")
    return "contains an image, but the base model reads text only: remove the image";
  if (part.type === "text" || part.type === "refusal") {
    return typeof part[String(part.type)] === "string"
      ? ""
      : `content part of type '${part.type}' lacks its '${part.type}'`;
  }
  return `content part has the unknown type ${JSON.stringify(part.type) ?? "(none)"}: use 'text'`;
}

function contentProblem(message: Dictionary): string {
  const { content, role } = message;
  if (typeof content === "string") return "";
  if (Array.isArray(content)) {
    if (content.length === 0) return "content is an empty array: write the text";
    return content.map(partProblem).find((found) => found !== "") ?? "";
  }
  const mayLack = role === "assistant" && (message.tool_calls || message.function_call || message.refusal);
  if (mayLack && (content === null || content === undefined)) return "";
  if (content === undefined) return "is missing key 'content'";
  return `content is ${typeName(content)}: it must be a string or an array of parts`;
}

function callProblem(call: unknown): string {
  if (!isDictionary(call)) return `tool_calls holds ${typeName(call)}: each must be an object`;
  if (call.type !== undefined && call.type !== "function")
    return "tool_calls: only calls of type 'function' can be trained";
  return functionProblem(call.function);
}

function functionProblem(called: unknown): string {
  if (!isDictionary(called) || typeof called.name !== "string")
    return "a tool call lacks its function's 'name'";
  return typeof called.arguments === "string" ? "" : "a tool call's 'arguments' must be a string of JSON";
}

function callsProblem(message: Dictionary): string {
  if (message.function_call !== undefined) return functionProblem(message.function_call);
  if (message.tool_calls === undefined) return "";
  if (!Array.isArray(message.tool_calls) || message.tool_calls.length === 0)
    return "tool_calls must be a non-empty array";
  return message.tool_calls.map(callProblem).find((found) => found !== "") ?? "";
}

function weightProblem({ weight }: Dictionary): string {
  return weight === undefined || weight === 0 || weight === 1 ? "" : "weight must be 0 or 1";
}

function messageProblem(message: unknown): string {
  if (!isDictionary(message)) return `is ${typeName(message)}: each message must be an object`;
  const { role } = message;
  if (role === undefined) return "Discriminator 'role' is missing in value";
  if (typeof role !== "string" || !ROLES.includes(role)) {
    return `Input tag ${JSON.stringify(role)} found using 'role' does not match any of the expected tags: ${ROLES.join(", ")}`;
  }
  const extra = Object.keys(message).find((key) => !MESSAGE_KEYS[role]?.includes(key));
  if (extra !== undefined) return `contains an extra "${extra}"`;
  if (message.name !== undefined && typeof message.name !== "string") return "name must be a string";
  return contentProblem(message) || callsProblem(message) || weightProblem(message);
}

function shapeProblem(row: Dictionary): string {
  if ("messages" in row) return "";
  if ("input" in row || "preferred_output" in row) {
    return "is a preference pair, but the specified fine-tuning job uses the 'supervised' method: give it chat messages";
  }
  if ("prompt" in row)
    return "is a prompt/completion pair, which this server cannot train on: give it chat messages";
  return "is missing key 'messages'";
}

const isTrained = (message: unknown) =>
  isDictionary(message) && message.role === "assistant" && message.weight !== 0;

function listProblem(value: unknown, key: string): string {
  if (value === undefined || value === null) return "";
  if (!Array.isArray(value)) return `${key} must be an array`;
  return value.every(isDictionary) ? "" : `${key} must hold objects only`;
}

/** Half of a surrogate pair, written as "\\ud83d" alone, is no character of any encoding. */
function isWellFormed(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([key, inner]) => key.isWellFormed() && isWellFormed(inner));
}

function messagesProblem(messages: unknown): { at: number | null; text: string } | null {
  if (!Array.isArray(messages))
    return { at: null, text: `messages is ${typeName(messages)}: it must be an array` };
  if (messages.length === 0)
    return { at: null, text: "messages is empty: give at least one user and one assistant message" };
  for (const [index, message] of messages.entries()) {
    const text = messageProblem(message);
    if (text) return { at: index + 1, text };
  }
  return messages.some(isTrained)
    ? null
    : { at: null, text: "has no assistant message to train on (none, or all with weight 0)" };
}

/** What is wrong with example number `example`, in OpenAI's form (`Example 100, message 2 …`); null: nothing. */
export function findRowProblem(row: Dictionary, example: number): string | null {
  const shape = shapeProblem(row);
  if (shape) return `Example ${example} ${shape}.`;
  const extra = Object.keys(row).find((key) => !ROW_KEYS.includes(key));
  if (extra !== undefined) return `Example ${example} contains an extra "${extra}".`;
  const found = messagesProblem(row.messages);
  if (found)
    return found.at
      ? `Example ${example}, message ${found.at} ${found.text}`
      : `Example ${example} ${found.text}.`;
  const list = listProblem(row.tools, "tools") || listProblem(row.functions, "functions");
  if (list) return `Example ${example} ${list}.`;
  return isWellFormed(row)
    ? null
    : `Example ${example} holds half of a character (a lone surrogate such as "\\ud83d").`;
}
