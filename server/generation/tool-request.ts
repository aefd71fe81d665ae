import type { ChatFunction, ChatRequest, ChatTool } from "../../contract/chat.ts";
import { Refusal } from "../../contract/errors.ts";
import { isGiven } from "../../contract/is-given.ts";
import { describesObject } from "../../contract/tool-shape.ts";

/** Tools as engines take them; `isLegacy`: the caller knows only the older `functions`, and reads only those. */
export type ToolRequest = {
  readonly tools: readonly ChatTool[];
  readonly choice: "none" | "auto" | "required" | { type: "function"; function: { name: string } };
  readonly isParallel: boolean;
  readonly isLegacy: boolean;
};

const none: ToolRequest = { tools: [], choice: "none", isParallel: false, isLegacy: false };
const asTool = (one: ChatFunction): ChatTool => ({ type: "function", function: one });
const named = (name: string) => ({ type: "function" as const, function: { name } });

function legacyTools({ functions, function_call }: ChatRequest): ToolRequest {
  const choice =
    typeof function_call === "object" && function_call ? named(function_call.name) : function_call;
  return {
    tools: (functions ?? []).map(asTool),
    choice: choice ?? "auto",
    isParallel: false,
    isLegacy: true,
  };
}

/** What the caller asked for, in the newer form. A choice of some tools shows the model only those. */
export function toolRequest(request: ChatRequest): ToolRequest {
  if (request.functions) return legacyTools(request);
  const { tools, tool_choice: choice, parallel_tool_calls: isParallel } = request;
  if (!tools || tools.length === 0) return none;
  const wanted = { tools, isParallel: isParallel ?? true, isLegacy: false };
  if (typeof choice !== "object" || !choice) return { ...wanted, choice: choice ?? "auto" };
  if (choice.type === "function") return { ...wanted, choice: named(choice.function.name) };
  const { mode, tools: allowed } = choice.allowed_tools;
  const names = allowed.map((one) => one.function.name);
  return { ...wanted, tools: tools.filter((one) => names.includes(one.function.name)), choice: mode };
}

const refuse = (param: string, text: string) => new Refusal("invalid_value", text, param);

function assertNamed(names: readonly string[], wanted: readonly string[], param: string): void {
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw refuse(param, `There is no function '${unknown}' in this request; '${param}' must name one.`);
}

function assertEachOnce(names: readonly string[], placeOf: (index: number) => string): void {
  const twice = names.findIndex((name, index) => names.indexOf(name) < index);
  if (twice >= 0)
    throw refuse(placeOf(twice), `There are two functions '${names[twice]}'; give each a name of its own.`);
}

function assertObject({ parameters }: ChatFunction, param: string): void {
  if (!parameters || describesObject(parameters)) return;
  throw refuse(`${param}.parameters`, "The parameters of a function must be a JSON schema of type 'object'.");
}

function wantedNames(choice: ChatRequest["tool_choice"]): string[] {
  if (typeof choice !== "object" || !choice) return [];
  if (choice.type === "function") return [choice.function.name];
  return choice.allowed_tools.tools.map((one) => one.function.name);
}

/** As OpenAI refuses it: without a code. */
const refuseAlone = (param: string, needed: string) =>
  new Refusal(
    "invalid_request",
    `Invalid value for '${param}': '${param}' is only allowed when '${needed}' are specified.`,
    param,
  );

function assertLegacyChoice({ functions, function_call, tools, tool_choice }: ChatRequest): void {
  if (!functions && !function_call) return;
  if (tools || tool_choice)
    throw refuse("functions", "'functions' is the older form of 'tools': use one of them.");
  if (!functions) throw refuseAlone("function_call", "functions");
  const names = functions.map(({ name }) => name);
  if (typeof function_call === "object" && function_call)
    assertNamed(names, [function_call.name], "function_call");
}

function assertChoiceOfTools({ tools, tool_choice, parallel_tool_calls }: ChatRequest): void {
  if (tools) return;
  if (isGiven(tool_choice)) throw refuseAlone("tool_choice", "tools");
  if (isGiven(parallel_tool_calls)) throw refuseAlone("parallel_tool_calls", "tools");
}

/** Refuses choices of tools that are not there, and functions that no call can be told apart by. */
export function assertTools(request: ChatRequest): void {
  const { tool_choice: choice, functions, tools } = request;
  assertLegacyChoice(request);
  assertChoiceOfTools(request);
  const all = functions ?? (tools ?? []).map((one) => one.function);
  const placeOf = (index: number) => (functions ? `functions[${index}]` : `tools[${index}].function`);
  const names = all.map(({ name }) => name);
  assertEachOnce(names, (index) => `${placeOf(index)}.name`);
  assertNamed(names, wantedNames(choice), "tool_choice");
  for (const [index, one] of all.entries()) assertObject(one, placeOf(index));
}
