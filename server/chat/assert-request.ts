import type { ChatRequest } from "../../contract/chat.ts";
import { Refusal } from "../../contract/errors.ts";

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
}
