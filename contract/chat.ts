import { z } from "zod";
import { argumentsFault } from "./call-arguments.ts";
import { Metadata } from "./common.ts";
import { MAX_JSON_DEPTH } from "./json-depth.ts";
import { findIllFormed } from "./well-formed.ts";

const text = z.object({ type: z.literal("text"), text: z.string() });
const refusal = z.object({ type: z.literal("refusal"), refusal: z.string() });
const content = z.union([z.string(), z.array(text).min(1)]);
const assistantContent = z.union([z.string(), z.array(z.discriminatedUnion("type", [text, refusal])).min(1)]);
const toolCall = z.looseObject({
  id: z.string(),
  type: z.literal("function"),
  function: z.looseObject({ name: z.string(), arguments: z.string() }),
});

const argumentsTexts = {
  too_deep: `it is nested deeper than ${MAX_JSON_DEPTH} levels`,
  not_json: "the arguments of a call must be JSON",
  too_large_number: "the arguments hold a number that is too large",
  ill_formed_text: "the arguments are not well-formed Unicode",
} as const;

function refuseUnreadable(written: string, context: z.RefinementCtx): void {
  const fault = argumentsFault(written);
  if (fault) context.addIssue({ code: "custom", message: argumentsTexts[fault] });
}

/** Templates render the call that a model made, not the text of it. */
export const CallArguments = z.string().superRefine(refuseUnreadable);

const functionCall = z.object({ name: z.string(), arguments: CallArguments });

export const ChatMessage = z.discriminatedUnion("role", [
  z.object({ role: z.enum(["system", "developer", "user"]), content, name: z.string().optional() }),
  z.object({
    role: z.literal("assistant"),
    content: assistantContent.nullish(),
    refusal: z.string().nullish(),
    name: z.string().optional(),
    tool_calls: z
      .array(toolCall.extend({ function: functionCall }))
      .min(1)
      .nullish(),
    function_call: functionCall.nullish(),
  }),
  z.object({ role: z.literal("tool"), content, tool_call_id: z.string() }),
  z.object({ role: z.literal("function"), content: z.string().nullable(), name: z.string() }),
]);
export type ChatMessage = z.infer<typeof ChatMessage>;

const tool = z.looseObject({
  type: z.literal("function"),
  function: z.looseObject({
    name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
    description: z.string().optional(),
  }),
});

const responseFormat = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text") }),
  z.object({ type: z.literal("json_object") }),
  z.object({
    type: z.literal("json_schema"),
    json_schema: z.looseObject({ name: z.string(), schema: z.looseObject({}).optional() }),
  }),
]);

/** JSON can carry half of a surrogate pair; no tokenizer can. */
function refuseIllFormed(request: unknown, context: z.RefinementCtx): void {
  const path = findIllFormed(request);
  if (path) context.addIssue({ code: "custom", path, message: "it is not well-formed Unicode" });
}

/**
 * `POST /chat/completions`: the parameters that this server honours. Those that only tell OpenAI something about the
 * caller are accepted; any other is refused by its name.
 */
export const ChatRequest = z
  .strictObject({
    model: z.string().min(1),
    messages: z.array(ChatMessage).min(1),
    max_completion_tokens: z.int().min(1).nullish(),
    max_tokens: z.int().min(1).nullish(),
    temperature: z.number().min(0).max(2).nullish(),
    top_p: z.number().min(0).max(1).nullish(),
    n: z.int().min(1).max(128).nullish(),
    stop: z.union([z.string(), z.array(z.string()).max(4)]).nullish(),
    frequency_penalty: z.number().min(-2).max(2).nullish(),
    presence_penalty: z.number().min(-2).max(2).nullish(),
    logit_bias: z.record(z.string().regex(/^\d+$/), z.number().min(-100).max(100)).nullish(),
    logprobs: z.boolean().nullish(),
    top_logprobs: z.int().min(0).max(20).nullish(),
    seed: z.int().nullish(),
    response_format: responseFormat.nullish(),
    tools: z.array(tool).max(128).nullish(),
    tool_choice: z.enum(["auto", "none"]).nullish(),
    parallel_tool_calls: z.boolean().nullish(),
    reasoning_effort: z.literal("none").nullish(),
    verbosity: z.literal("medium").nullish(),
    stream: z.boolean().nullish(),
    stream_options: z
      .strictObject({ include_usage: z.boolean().optional(), include_obfuscation: z.boolean().optional() })
      .nullish(),
    metadata: Metadata.nullish(),
    store: z.literal(false).nullish(),
    user: z.string().nullish(),
    safety_identifier: z.string().nullish(),
    prompt_cache_key: z.string().nullish(),
    prompt_cache_retention: z.string().nullish(),
    service_tier: z.enum(["auto", "default"]).nullish(),
  })
  .superRefine(refuseIllFormed);
export type ChatRequest = z.infer<typeof ChatRequest>;

const usage = z.object({
  prompt_tokens: z.int(),
  completion_tokens: z.int(),
  total_tokens: z.int(),
  prompt_tokens_details: z.object({ cached_tokens: z.int() }).optional(),
});

const tokenLogprob = z.object({ token: z.string(), logprob: z.number(), bytes: z.array(z.int()).nullish() });
const logprobs = z
  .object({
    content: z.array(tokenLogprob.extend({ top_logprobs: z.array(tokenLogprob).default([]) })).nullish(),
  })
  .nullish();
const finishReason = z.enum(["stop", "length", "tool_calls"]);

/** What an engine answers; only these fields are taken over. */
export const EngineCompletion = z.object({
  choices: z
    .array(
      z.object({
        finish_reason: finishReason.nullish(),
        message: z.object({ content: z.string().nullish(), tool_calls: z.array(toolCall).optional() }),
        logprobs,
      }),
    )
    .min(1),
  usage,
});
export type EngineCompletion = z.infer<typeof EngineCompletion>;

export const EngineChunk = z.object({
  choices: z.array(
    z.object({
      delta: z.looseObject({ role: z.string().optional(), content: z.string().nullish() }),
      finish_reason: finishReason.nullish(),
      logprobs,
    }),
  ),
  usage: usage.nullish(),
});
export type EngineChunk = z.infer<typeof EngineChunk>;
