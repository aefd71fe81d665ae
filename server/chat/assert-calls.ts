import type { ChatMessage } from "../../contract/chat.ts";
import { Refusal } from "../../contract/errors.ts";

const refuse = (param: string, text: string) => new Refusal("invalid_value", text, param);

/** Ids of the calls that a message makes. */
const callsOf = (message: ChatMessage): string[] =>
  message.role === "assistant" ? (message.tool_calls ?? []).map(({ id }) => id) : [];

function assertAnswered(unanswered: ReadonlySet<string>, index: number): void {
  if (unanswered.size === 0) return;
  const ids = [...unanswered].join(", ");
  const text = `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${ids}`;
  throw refuse(`messages[${index}].tool_calls`, text);
}

/** Refuses calls without their results, and results without their calls: a template shows the two together. */
export function assertCalls(messages: readonly ChatMessage[]): void {
  let calls: readonly string[] = [];
  let unanswered = new Set<string>();
  let caller = 0;
  messages.forEach((message, index) => {
    if (message.role === "tool") {
      if (!calls.includes(message.tool_call_id)) {
        const text =
          "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'.";
        throw refuse(`messages[${index}].tool_call_id`, text);
      }
      unanswered.delete(message.tool_call_id);
      return;
    }
    assertAnswered(unanswered, caller);
    calls = callsOf(message);
    unanswered = new Set(calls);
    caller = index;
  });
  assertAnswered(unanswered, caller);
}
