import type { DataFormat } from "../contract/training-data.ts";
import { findIllFormed } from "../contract/well-formed.ts";
import { foreignAdvice } from "./foreign-row.ts";
import { type Dictionary, isDictionary } from "./jsonl.ts";
import { checkMessage, isPlain } from "./message-rules.ts";
import {
  add,
  checkKeys,
  isFull,
  keyOf,
  messageOf,
  type Place,
  type RowProblem,
  rowPlace,
  typeName,
} from "./problem.ts";
import { checkTools } from "./tool-rules.ts";

const has = (row: Dictionary, key: string) => Object.hasOwn(row, key);

/** OpenAI's guide says `_output`, its schema says `_completion`; users' files have either. */
export const outputKeys = {
  preferred: ["preferred_output", "preferred_completion"],
  nonPreferred: ["non_preferred_output", "non_preferred_completion"],
} as const;
const OUTPUTS: readonly string[] = Object.values(outputKeys).flat();

/** What a row is meant as, by its keys; null: nothing that is known. */
export function formatOf(row: Dictionary): DataFormat | null {
  if (has(row, "messages")) return "chat";
  if (OUTPUTS.some((key) => has(row, key))) return "preference";
  if (has(row, "completion")) return "completion";
  if (foreignAdvice(row) !== null) return null;
  if (isDictionary(row.input)) return "preference";
  return has(row, "prompt") ? "completion" : null;
}

/** The key without which a row is none of its format. */
export const mainKey = { chat: "messages", completion: "prompt", preference: "input" } as const;

function checkMessages(place: Place, messages: unknown): readonly unknown[] {
  if (!Array.isArray(messages)) {
    add(place, "wrong_type", `messages is ${typeName(messages)}: it must be an array`);
    return [];
  }
  if (messages.length === 0) add(place, "empty", "messages is empty");
  for (const [index, message] of messages.entries()) {
    if (isFull(place)) break;
    if (!isPlain(message)) checkMessage(messageOf(place, index), message);
  }
  return messages;
}

export const isTrained = (message: unknown): boolean =>
  isDictionary(message) && message.role === "assistant" && message.weight !== 0;

function checkChat(place: Place, row: Dictionary) {
  checkKeys(place, row, ["messages", "tools", "parallel_tool_calls", "functions"]);
  const at = keyOf(place, "messages");
  const messages = checkMessages(at, row.messages);
  // A message without a role that is known may well be the answer.
  const rolesAreKnown = !place.found.some(({ code }) => code === "missing_role" || code === "unknown_role");
  if (messages.length > 0 && rolesAreKnown && !messages.some(isTrained))
    add(at, "nothing_to_train", "has no assistant message to train on (none, or all with weight 0)");
  checkTools(place, row);
}

function checkCompletion(place: Place, row: Dictionary) {
  checkKeys(place, row, ["prompt", "completion"]);
  for (const key of ["prompt", "completion"]) {
    const value = row[key];
    if (typeof value === "string") continue;
    if (value === undefined) add(keyOf(place, key), "missing_key", `is missing key '${key}'`);
    else add(keyOf(place, key), "wrong_type", `${key} is ${typeName(value)}: it must be a string`);
  }
}

function checkInput(place: Place, input: unknown) {
  if (input === undefined) return add(place, "missing_key", "is missing key 'input'");
  if (!isDictionary(input))
    return add(place, "wrong_type", `input is ${typeName(input)}: it must be an object with 'messages'`);
  checkKeys(place, input, ["messages", "tools", "parallel_tool_calls", "functions"]);
  if (has(input, "messages")) checkMessages(keyOf(place, "messages"), input.messages);
  else add(keyOf(place, "messages"), "missing_key", "is missing key 'messages' in 'input'");
  checkTools(place, input);
}

function checkOutput(place: Place, row: Dictionary, names: readonly [string, string]) {
  const given = names.filter((name) => has(row, name));
  const [name] = given;
  const at = keyOf(place, name ?? names[0]);
  if (name === undefined) return add(at, "missing_key", `is missing key '${names[0]}'`);
  if (given.length > 1)
    add(
      keyOf(place, names[1]),
      "bad_output",
      `has both '${names[0]}' and '${names[1]}', which mean the same`,
    );
  const output = row[name];
  if (!Array.isArray(output))
    return add(
      at,
      "wrong_type",
      `${name} is ${typeName(output)}: it must be an array with one assistant message`,
    );
  if (output.length !== 1)
    add(
      at,
      "bad_output",
      `${name} holds ${output.length} messages: it must hold exactly one assistant message`,
    );
  for (const [index, message] of output.entries()) {
    const where = messageOf(at, index, `${name} message`);
    checkMessage(where, message);
    if (!isDictionary(message) || message.role === "assistant" || message.role === undefined) continue;
    add(keyOf(where, "role"), "bad_output", "must be an assistant message");
  }
}

function checkPreference(place: Place, row: Dictionary) {
  checkKeys(place, row, ["input", ...OUTPUTS]);
  checkInput(keyOf(place, "input"), row.input);
  checkOutput(place, row, outputKeys.preferred);
  checkOutput(place, row, outputKeys.nonPreferred);
}

const checks = { chat: checkChat, completion: checkCompletion, preference: checkPreference } as const;

/** Half of a surrogate pair, written as "\\ud83d" alone, is no character of any encoding. */
function checkText(place: Place, row: Dictionary) {
  const path = findIllFormed(row);
  if (path === null) return;
  const param = path.reduce<string>(
    (name, key) => (typeof key === "number" ? `${name}[${key}]` : name === "" ? key : `${name}.${key}`),
    "",
  );
  add(
    { ...place, param },
    "ill_formed_text",
    'holds half of a character (a lone surrogate such as "\\ud83d")',
  );
}

/**
 * Everything that is wrong with example number `example`, read as `format`. `mayHoldHalves` false: the row was read
 * from text without escapes, which cannot write half of a character.
 */
export function findRowProblems(
  row: Dictionary,
  example: number,
  { format, mayHoldHalves = true }: { format: DataFormat; mayHoldHalves?: boolean },
): readonly RowProblem[] {
  const found: RowProblem[] = [];
  const place = rowPlace(example, found);
  checks[format](place, row);
  if (mayHoldHalves) checkText(place, row);
  return found;
}
