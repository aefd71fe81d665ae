import type {
  CreateResponse,
  FunctionTool,
  ResponseError,
  ResponseObject,
  ResponseUsage,
} from "../../contract/responses.ts";
import { toldCachedTokens } from "../generation/cached-tokens.ts";

type TextFormat = NonNullable<NonNullable<CreateResponse["text"]>["format"]>;

/** OpenAI's schema knows no null in these. */
const withoutNull = (fields: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));

const presentTool = ({ type, name, description, parameters, strict }: FunctionTool) => ({
  type,
  name,
  description: description ?? null,
  parameters: parameters ?? null,
  strict: strict ?? true,
});

const presentFormat = (format: TextFormat | null | undefined) =>
  format ? { ...withoutNull(format), type: format.type } : { type: "text" };

/** The id of the conversation that a request names. */
export const conversationIdOf = ({ conversation }: Pick<CreateResponse, "conversation">): string | null =>
  (typeof conversation === "string" ? conversation : conversation?.id) ?? null;

const settingsOf = (request: CreateResponse) => ({
  instructions: request.instructions ?? null,
  max_output_tokens: request.max_output_tokens ?? null,
  max_tool_calls: request.max_tool_calls ?? null,
  metadata: request.metadata ?? {},
  parallel_tool_calls: request.parallel_tool_calls ?? true,
  previous_response_id: request.previous_response_id ?? null,
  reasoning: { effort: request.reasoning?.effort ?? null, summary: null },
  service_tier: "default",
  store: request.store ?? true,
  temperature: request.temperature ?? 1,
  text: { format: presentFormat(request.text?.format), verbosity: "medium" },
  tool_choice: request.tool_choice ?? "auto",
  tools: (request.tools ?? []).map(presentTool),
  top_logprobs: request.top_logprobs ?? 0,
  top_p: request.top_p ?? 1,
  truncation: request.truncation ?? "disabled",
  ...withoutNull({
    user: request.user,
    safety_identifier: request.safety_identifier,
    prompt_cache_key: request.prompt_cache_key,
  }),
});

/** A response of which nothing is said yet. */
export function newResponse(
  request: CreateResponse,
  { id, model, now }: { id: string; model: string; now: number },
): ResponseObject {
  const conversation = conversationIdOf(request);
  return {
    id,
    object: "response",
    created_at: now,
    completed_at: null,
    status: request.background ? "queued" : "in_progress",
    background: request.background ?? false,
    error: null,
    incomplete_details: null,
    model,
    output: [],
    ...settingsOf(request),
    ...(conversation === null ? {} : { conversation: { id: conversation } }),
  };
}

export const failedResponse = (response: ResponseObject, error: ResponseError): ResponseObject => ({
  ...response,
  status: "failed",
  error,
});

type EngineUsage = {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly prompt_tokens_details?: { readonly cached_tokens: number } | undefined;
};

export const presentUsage = (usage: EngineUsage): ResponseUsage => ({
  input_tokens: usage.prompt_tokens,
  input_tokens_details: {
    cached_tokens: toldCachedTokens(usage.prompt_tokens_details?.cached_tokens),
    cache_write_tokens: 0,
  },
  output_tokens: usage.completion_tokens,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: usage.prompt_tokens + usage.completion_tokens,
});
