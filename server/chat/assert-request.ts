import type { ChatMessage, ChatRequest } from "../../contract/chat.ts";
import { Refusal } from "../../contract/errors.ts";
import { isDeeperThan, MAX_JSON_DEPTH } from "../../contract/json-depth.ts";

/** The arguments of a message's calls as they are written, each by its place in the message. */
function writtenArguments(message: ChatMessage): [place: string, written: string][] {
  if (message.role !== "assistant") return [];
  const { tool_calls, function_call } = message;
  const calls = (tool_calls ?? []).map((call, index): [string, string] => [
    `tool_calls[${index}].function`,
    call.function.arguments,
  ]);
  return function_call ? [...calls, ["function_call", function_call.arguments]] : calls;
}

/** Engines read the arguments as JSON; to the limit of the body's depth they are one text. */
function assertShallowArguments(message: ChatMessage, index: number): void {
  const deep = writtenArguments(message).find(([, written]) => isDeeperThan(written, MAX_JSON_DEPTH));
  if (!deep) return;
  const param = `messages[${index}].${deep[0]}.arguments`;
  throw new Refusal(
    "invalid_value",
    `Invalid value for '${param}': it is nested deeper than ${MAX_JSON_DEPTH} levels.`,
    param,
  );
}

function assertTogether(request: ChatRequest): void {
  if (request.top_logprobs && !request.logprobs) {
    throw new Refusal("invalid_value", "'top_logprobs' needs 'logprobs' to be true.", "top_logprobs");
  }
  if (request.stream_options && !request.stream) {
    throw new Refusal(
      "invalid_value",
      "'stream_options' is only allowed when 'stream' is true.",
      "stream_options",
    );
  }
}

/** Refuses what the schema lets pass and no engine can answer. */
export function assertAnswerable(request: ChatRequest): void {
  assertTogether(request);
  request.messages.forEach(assertShallowArguments);
}
