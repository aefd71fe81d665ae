import { argumentsFault } from "../contract/call-arguments.ts";
import { isGiven } from "../contract/is-given.ts";
import { MAX_JSON_DEPTH } from "../contract/json-depth.ts";
import { describesObject, FUNCTION_KEYS, FUNCTION_NAME, TOOL_KEYS } from "../contract/tool-shape.ts";
import { findFault, tooLargeNumber } from "../contract/well-formed.ts";
import { type Dictionary, isDictionary } from "./jsonl.ts";
import { add, checkKeys, itemOf, keyOf, type Place, quoted, typeName } from "./problem.ts";

const ARGUMENTS = "a tool call's 'arguments'";

const argumentsFaults = {
  too_deep: ["bad_arguments", () => `are nested deeper than ${MAX_JSON_DEPTH} levels`],
  not_json: ["bad_arguments", (written: string) => `are not valid JSON: ${quoted(written)}`],
  too_large_number: ["number_too_large", () => "hold a number that is too large"],
  ill_formed_text: ["ill_formed_text", () => 'hold half of a character (a lone surrogate such as "\\ud83d")'],
} as const;

function checkArguments(place: Place, written: unknown) {
  const at = keyOf(place, "arguments");
  if (written === undefined) return add(at, "bad_arguments", "a tool call lacks its function's 'arguments'");
  if (typeof written !== "string")
    return add(at, "bad_arguments", `${ARGUMENTS} is ${typeName(written)}: it must be a string of JSON`);
  const fault = argumentsFault(written);
  if (fault === null) return;
  const [code, textOf] = argumentsFaults[fault];
  add(at, code, `${ARGUMENTS} ${textOf(written)}`);
}

function checkCalled(place: Place, called: unknown) {
  if (!isDictionary(called))
    return add(place, "bad_tool_call", `a tool call's function is ${typeName(called)}: it must be an object`);
  if (typeof called.name !== "string" || called.name === "")
    add(keyOf(place, "name"), "bad_tool_call", "a tool call lacks its function's 'name'");
  checkArguments(place, called.arguments);
}

function checkCall(place: Place, call: unknown) {
  if (!isDictionary(call))
    return add(place, "bad_tool_call", `tool_calls holds ${typeName(call)}: each must be an object`);
  if (call.id !== undefined && typeof call.id !== "string")
    add(keyOf(place, "id"), "bad_tool_call", `a tool call's id is ${typeName(call.id)}: it must be a string`);
  if (call.type !== undefined && call.type !== "function") {
    const text = `tool_calls holds a call of type ${quoted(call.type)}: only 'function' can be trained`;
    return add(keyOf(place, "type"), "bad_tool_call", text);
  }
  checkCalled(keyOf(place, "function"), call.function);
}

/** The calls of an assistant message, in today's form and the older one. */
export function checkCalls(place: Place, message: Dictionary) {
  const { tool_calls: calls, function_call: called } = message;
  if (called !== undefined && called !== null) checkCalled(keyOf(place, "function_call"), called);
  if (calls === undefined || calls === null) return;
  const at = keyOf(place, "tool_calls");
  if (!Array.isArray(calls) || calls.length === 0)
    return add(at, "bad_tool_call", "tool_calls must be a non-empty array");
  for (const [index, call] of calls.entries()) checkCall(itemOf(at, index), call);
}

function checkName(place: Place, name: unknown, noun: string) {
  if (typeof name !== "string" || name === "")
    return add(place, "bad_tool", `${noun} holds a function without a 'name'`);
  if (FUNCTION_NAME.test(name)) return;
  const text = `${noun} holds a function named ${quoted(name)}: use 1 to 64 letters, digits, '_' and '-'`;
  add(place, "bad_tool", text);
}

function checkParameters(place: Place, parameters: unknown, noun: string) {
  if (!isGiven(parameters)) return;
  if (!isDictionary(parameters))
    return add(place, "bad_tool", `${noun} holds parameters that are ${typeName(parameters)}`);
  if (!describesObject(parameters))
    add(place, "bad_tool", `${noun} holds parameters that are no JSON schema of type 'object'`);
  if (findFault(parameters, tooLargeNumber))
    add(place, "number_too_large", `${noun} holds parameters with a number that is too large`);
}

function checkDefinition(place: Place, described: unknown, noun: string) {
  if (!isDictionary(described))
    return add(
      place,
      "bad_tool",
      `${noun} holds ${typeName(described)} where a function's description belongs`,
    );
  const { name, description, parameters, strict } = described;
  checkKeys(place, described, FUNCTION_KEYS);
  checkName(keyOf(place, "name"), name, noun);
  if (isGiven(description) && typeof description !== "string")
    add(
      keyOf(place, "description"),
      "bad_tool",
      `${noun} holds a description that is ${typeName(description)}`,
    );
  if (isGiven(strict) && typeof strict !== "boolean")
    add(keyOf(place, "strict"), "bad_tool", `${noun} holds a 'strict' that is ${typeName(strict)}`);
  checkParameters(keyOf(place, "parameters"), parameters, noun);
}

function checkTool(place: Place, tool: unknown) {
  if (!isDictionary(tool))
    return add(place, "bad_tool", `tools must hold objects only, and holds ${typeName(tool)}`);
  if (tool.type !== "function")
    return add(
      keyOf(place, "type"),
      "bad_tool",
      `tools holds one of type ${quoted(tool.type)}: only 'function' can be trained`,
    );
  if (tool.function === undefined)
    return add(
      keyOf(place, "function"),
      "bad_tool",
      "tools holds one without 'function', where its name and parameters belong",
    );
  checkKeys(place, tool, TOOL_KEYS);
  checkDefinition(keyOf(place, "function"), tool.function, "tools");
}

type CheckOne = (place: Place, item: unknown) => void;

function checkList(place: Place, list: unknown, checkOne: CheckOne) {
  const [name] = place.param.split(".").slice(-1);
  if (!Array.isArray(list))
    return add(place, "wrong_type", `${name} must be an array, and is ${typeName(list)}`);
  for (const [index, item] of list.entries()) checkOne(itemOf(place, index), item);
}

/** The tools that a conversation is held with. */
export function checkTools(place: Place, row: Dictionary) {
  const { tools, functions, parallel_tool_calls: isParallel } = row;
  if (isGiven(tools)) checkList(keyOf(place, "tools"), tools, checkTool);
  if (isGiven(functions))
    checkList(keyOf(place, "functions"), functions, (at, one) => checkDefinition(at, one, "functions"));
  if (!isGiven(isParallel) || typeof isParallel === "boolean") return;
  const text = `parallel_tool_calls is ${typeName(isParallel)}: it must be true or false`;
  add(keyOf(place, "parallel_tool_calls"), "wrong_type", text);
}
