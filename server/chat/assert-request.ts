import type { ChatRequest } from "../../contract/chat.ts";
import { Refusal } from "../../contract/errors.ts";
import { isGiven } from "../../contract/is-given.ts";
import { mentionsJson } from "../generation/mentions-json.ts";
import { assertTools } from "../generation/tool-request.ts";
import { assertCalls } from "./assert-calls.ts";
import { assertRequestSchemas } from "./request-schemas.ts";

const refuse = (param: string, text: string) => new Refusal("invalid_value", text, param);

/** A parameter that needs another one beside it, or must not have it. */
function assertTogether(request: ChatRequest): void {
  if (request.top_logprobs && !request.logprobs)
    throw refuse("top_logprobs", "'top_logprobs' needs 'logprobs' to be true.");
  if (request.stream_options && !request.stream)
    throw refuse("stream_options", "'stream_options' is only allowed when 'stream' is true.");
  if (isGiven(request.max_tokens) && isGiven(request.max_completion_tokens))
    throw refuse("max_tokens", "'max_tokens' is the older name of 'max_completion_tokens': use one of them.");
}

/** A model that nobody told to write JSON, and that is held to it, may write spaces until it is cut. */
function assertJsonAsked({ response_format, messages }: ChatRequest): void {
  if (response_format?.type !== "json_object" || mentionsJson(messages)) return;
  const text =
    "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.";
  throw new Refusal("invalid_request", text, "messages");
}

/** Refuses what the schema lets pass and no engine can answer. */
export function assertAnswerable(request: ChatRequest): void {
  assertTogether(request);
  assertTools(request);
  assertCalls(request.messages);
  assertJsonAsked(request);
  assertRequestSchemas(request);
}

/** A model cannot write more than it can read. */
export function assertFits(request: ChatRequest, contextLength: number): void {
  const name = isGiven(request.max_completion_tokens) ? "max_completion_tokens" : "max_tokens";
  const wanted = request[name] ?? 0;
  if (wanted <= contextLength) return;
  const text = `${name} is too large: ${wanted}. This model supports at most ${contextLength} tokens, of the messages and the answer together.`;
  throw refuse(name, text);
}
