import { type AnswerRules, answerRules, beyondRules, type Refused } from "../answer-rules.ts";
import { type ChatRequest, TEMPLATE_SETTINGS } from "../engine.ts";
import type { ToolFormat } from "../tool-calls/tool-format.ts";

export type VllmRequest = { readonly body: object } & Pick<AnswerRules, "toolFormat" | "mustCall">;

/** Always, so that a chat is read in one way; whole answers are put together here. */
const STREAMED = { stream: true, stream_options: { include_usage: true } };

/** vLLM refuses a limit beyond the context, rather than to end there. */
function limited({ max_tokens, ...body }: ChatRequest, contextLength: number): ChatRequest {
  return typeof max_tokens === "number" ? { ...body, max_tokens: Math.min(max_tokens, contextLength) } : body;
}

/** The names of adapters are vLLM's to look up: which one answers is not the caller's to say. */
const withoutModel = ({ model: _, ...body }: ChatRequest): ChatRequest => body;

const told = { chat_template_kwargs: TEMPLATE_SETTINGS };

/** Marks of calls may be tokens that vLLM would not write. */
const inFull = { skip_special_tokens: false };

/** OpenAI's request in vLLM's terms. */
export async function vllmRequest(
  request: ChatRequest,
  contextLength: number,
  findFormat: () => Promise<ToolFormat | null>,
): Promise<VllmRequest | Refused> {
  const rules = await answerRules(request, findFormat);
  if (!rules)
    return { body: { ...withoutModel(request), ...told, ...STREAMED }, toolFormat: null, mustCall: false };
  if ("refused" in rules) return rules;
  const { grammar, tools, toolFormat, mustCall } = rules;
  const body = {
    ...limited(beyondRules(withoutModel(request)), contextLength),
    ...tools,
    ...told,
    ...(grammar === null ? {} : { structured_outputs: { grammar } }),
    ...(toolFormat ? inFull : {}),
    ...(request.logprobs === true ? { return_token_ids: true } : {}),
    ...STREAMED,
  };
  return { body, toolFormat, mustCall };
}

/** The same for a prompt without a template. */
export const vllmText = (request: ChatRequest, contextLength: number): object => ({
  ...limited(withoutModel(request), contextLength),
  ...STREAMED,
});
