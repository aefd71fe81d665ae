import { type Dictionary, isDictionary } from "./jsonl.ts";
import { callsOf, isCalling, type Reading, textOf } from "./reading.ts";

/** What a row is warned of by itself; each stops nothing. */
export const rowWarnings = {
  empty_answer: "An answer is empty or white space only: the model learns to say nothing.",
  ends_without_answer: "What follows the last assistant message is not learnt; end the row with an answer.",
  result_without_call:
    "A tool's result answers no call before it: its 'tool_call_id' should be a call's 'id'.",
  call_without_result: "A tool is called and the conversation goes on without its result.",
  call_without_id: "A tool call has no 'id' that its result could name.",
  unknown_tool: "A tool is called that the row's 'tools' do not describe.",
  arguments_not_an_object: "The arguments of a call are JSON and no object; tools take an object.",
  parallel_calls: "Several tools are called at once although 'parallel_tool_calls' is false.",
  two_kinds_of_calls: "A message has 'tool_calls' and 'function_call'; the older one is ignored.",
  two_kinds_of_tools: "A row has 'tools' and 'functions'; the older one is ignored.",
  same_tool_twice: "Two tools have the same name.",
  content_and_refusal: "A message has 'content' and 'refusal'; the refusal is ignored.",
  same_outputs: "Both answers of a pair are the same: there is nothing to prefer.",
  template_marks:
    "A text holds marks of a chat template, such as <|im_end|> or [INST]. The model's own are put around each message when it is read: write the text alone.",
} as const satisfies Record<string, string>;
export type RowWarning = keyof typeof rowWarnings;

type Warn = (code: RowWarning) => void;

function toolNames(row: Dictionary): string[] | null {
  const tools = row.tools ?? row.functions;
  if (!Array.isArray(tools) || tools.length === 0) return null;
  return tools
    .filter(isDictionary)
    .map((tool) => String(isDictionary(tool.function) ? tool.function.name : tool.name));
}

const argumentsOf = (called: unknown): unknown => (isDictionary(called) ? called.arguments : undefined);

function checkCalls(message: Dictionary, tools: readonly string[] | null, warn: Warn): void {
  const calls = callsOf(message);
  const called = [...calls.map((call) => call.function), message.function_call].filter(isDictionary);
  if (calls.length > 0 && isDictionary(message.function_call)) warn("two_kinds_of_calls");
  if (calls.some((call) => typeof call.id !== "string" || call.id === "")) warn("call_without_id");
  if (tools && called.some(({ name }) => !tools.includes(String(name)))) warn("unknown_tool");
  if (called.some((one) => !/^\s*\{/.test(String(argumentsOf(one))))) warn("arguments_not_an_object");
}

/** Follows calls to their results. */
function checkResults(messages: readonly Dictionary[], warn: Warn): void {
  let open = new Set<unknown>();
  let isOpen = false;
  for (const message of messages) {
    const { role } = message;
    if (role === "tool" || role === "function") {
      const id = message.tool_call_id;
      if (!isOpen || (id !== undefined && open.size > 0 && !open.has(id))) warn("result_without_call");
      open.delete(id);
      if (role === "function" || id === undefined) open = new Set();
      continue;
    }
    if (open.size > 0) warn("call_without_result");
    isOpen = isCalling(message);
    const ids = callsOf(message).map(({ id }) => id);
    open = new Set(ids.filter((id) => typeof id === "string"));
  }
}

function checkTools(row: Dictionary, reading: Reading, warn: Warn): void {
  const tools = toolNames(row);
  if (
    Array.isArray(row.tools) &&
    Array.isArray(row.functions) &&
    row.tools.length > 0 &&
    row.functions.length > 0
  )
    warn("two_kinds_of_tools");
  if (tools && new Set(tools).size < tools.length) warn("same_tool_twice");
  const calling = reading.messages.filter(isCalling);
  for (const message of calling) checkCalls(message, tools, warn);
  if (row.parallel_tool_calls === false && calling.some((message) => callsOf(message).length > 1))
    warn("parallel_calls");
  if (reading.messages.some(({ role }) => role === "tool" || role === "function") || calling.length > 0)
    checkResults(reading.messages, warn);
}

/** Of the chat templates that data is most often written out in. */
const TEMPLATE_MARK =
  /<\|(?:im_start|im_end|endoftext|begin_of_text|start_header_id|end_header_id|eot_id)\|>|\[\/?INST\]|<(?:start|end)_of_turn>/;

/** One sign is found many times as fast as a pattern. */
function hasTemplateMark(message: Dictionary): boolean {
  const text = textOf(message);
  return (text.includes("<") || text.includes("[")) && TEMPLATE_MARK.test(text);
}

/** Of a preference pair the answers stand beside the messages. */
const allMessages = ({ format, messages, trained }: Reading) =>
  format === "preference" ? [...messages, ...trained] : messages;

const isEmpty = (message: Dictionary) => !isCalling(message) && textOf(message).trim() === "";

function areSame({ answer, otherAnswer }: Reading): boolean {
  if (!isDictionary(answer) || !isDictionary(otherAnswer)) return false;
  const callsIn = (message: Dictionary) => JSON.stringify([message.tool_calls, message.function_call]);
  return textOf(answer) === textOf(otherAnswer) && callsIn(answer) === callsIn(otherAnswer);
}

const isSaid = (text: unknown) => typeof text === "string" && text !== "";

/** Tells of everything in a row, good by the rules, that is probably not meant; each kind once or more. */
export function warnOfRow(row: Dictionary, reading: Reading, warn: Warn): void {
  if (reading.trained.some(isEmpty)) warn("empty_answer");
  if (reading.trained.some(({ content, refusal }) => isSaid(content) && isSaid(refusal)))
    warn("content_and_refusal");
  if (allMessages(reading).some(hasTemplateMark)) warn("template_marks");
  if (reading.format === "completion") return;
  if (reading.format === "chat" && reading.messages.at(-1)?.role !== "assistant") warn("ends_without_answer");
  const holder = reading.format === "preference" && isDictionary(row.input) ? row.input : row;
  checkTools(holder, reading, warn);
  if (reading.format === "preference" && areSame(reading)) warn("same_outputs");
}
