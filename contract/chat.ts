import { z } from "zod";
import { argumentsFault } from "./call-arguments.ts";
import { Metadata, unsupported } from "./common.ts";
import { MAX_JSON_DEPTH } from "./json-depth.ts";
import { FUNCTION_NAME } from "./tool-shape.ts";
import { findIllFormed } from "./well-formed.ts";

const text = z.strictObject({ type: z.literal("text"), text: z.string() });
const refusal = z.strictObject({ type: z.literal("refusal"), refusal: z.string() });
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

/**
 * An answer may be sent back with whatever a client library has added to it; elsewhere a field that is not known is
 * refused.
 */
export const ChatMessage = z.discriminatedUnion("role", [
  z.strictObject({ role: z.enum(["system", "developer", "user"]), content, name: z.string().optional() }),
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
    audio: z
      .null("the models of this server hear and speak no audio: send what was said as 'content'")
      .optional(),
  }),
  z.strictObject({ role: z.literal("tool"), content, tool_call_id: z.string(), name: z.string().optional() }),
  z.strictObject({ role: z.literal("function"), content: z.string().nullable(), name: z.string() }),
]);
export type ChatMessage = z.infer<typeof ChatMessage>;

const functionName = z.string().regex(FUNCTION_NAME, "use 1 to 64 letters, digits, '_' and '-'");

/** `parameters` is looked at where grammars are made: it may be any JSON schema of an object. */
const ChatFunction = z.strictObject({
  name: functionName,
  description: z.string().nullish(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
  strict: z.boolean().nullish(),
});
export type ChatFunction = z.infer<typeof ChatFunction>;

const tool = z.strictObject({ type: z.literal("function"), function: ChatFunction });
export type ChatTool = z.infer<typeof tool>;

const namedTool = z.strictObject({
  type: z.literal("function"),
  function: z.strictObject({ name: z.string() }),
});

const toolChoice = z.union([
  z.enum(["none", "auto", "required"]),
  z.discriminatedUnion("type", [
    namedTool,
    z.strictObject({
      type: z.literal("allowed_tools"),
      allowed_tools: z.strictObject({
        mode: z.enum(["auto", "required"]),
        tools: z.array(namedTool).min(1).max(128),
      }),
    }),
  ]),
]);

const responseFormat = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("text") }),
  z.strictObject({ type: z.literal("json_object") }),
  z.strictObject({
    type: z.literal("json_schema"),
    json_schema: z.strictObject({
      name: functionName,
      description: z.string().nullish(),
      schema: z.record(z.string(), z.unknown()).nullish(),
      strict: z.boolean().nullish(),
    }),
  }),
]);

/** What llama.cpp and vLLM count with. */
const MOST_TOKENS = 2 ** 31 - 1;
const tokens = z.int().min(1).max(MOST_TOKENS);
export const Stop = z.union([z.string().min(1), z.array(z.string().min(1)).max(4)]);
export const LogitBias = z.record(
  z.string().regex(/^\d{1,9}$/, "tokens are whole numbers"),
  z.number().min(-100).max(100),
);

/** Any whole number of 64 bits, though JSON's numbers tell the largest apart only roughly. */
export const Seed = z
  .number()
  .min(-(2 ** 63))
  .max(2 ** 63)
  .refine(Number.isInteger, "expected an integer");

/** JSON can carry half of a surrogate pair; no tokenizer can. */
function refuseIllFormed(request: unknown, context: z.RefinementCtx): void {
  const path = findIllFormed(request);
  if (path) context.addIssue({ code: "custom", path, message: "it is not well-formed Unicode" });
}

/** OpenAI's limit; engines take minutes to write many more into a template. */
const MOST_MESSAGES = 2048;

/**
 * `POST /chat/completions`: the parameters that this server honours. Those that only tell OpenAI something about the
 * caller are accepted; any other is refused by its name.
 */
export const ChatRequest = z
  .strictObject({
    model: z.string().min(1),
    messages: z.array(ChatMessage).min(1).max(MOST_MESSAGES),
    max_completion_tokens: tokens.nullish(),
    max_tokens: tokens.nullish(),
    temperature: z.number().min(0).max(2).nullish(),
    top_p: z.number().min(0).max(1).nullish(),
    n: z.int().min(1).max(128).nullish(),
    stop: Stop.nullish(),
    frequency_penalty: z.number().min(-2).max(2).nullish(),
    presence_penalty: z.number().min(-2).max(2).nullish(),
    logit_bias: LogitBias.nullish(),
    logprobs: z.boolean().nullish(),
    top_logprobs: z.int().min(0).max(20).nullish(),
    seed: Seed.nullish(),
    response_format: responseFormat.nullish(),
    tools: z.array(tool).min(1).max(128).nullish(),
    tool_choice: toolChoice.nullish(),
    parallel_tool_calls: z.boolean().nullish(),
    functions: z.array(ChatFunction).min(1).max(128).nullish(),
    function_call: z.union([z.enum(["none", "auto"]), z.strictObject({ name: z.string() })]).nullish(),
    prediction: z.strictObject({ type: z.literal("content"), content }).nullish(),
    modalities: z.array(z.literal("text")).max(1).nullish(),
    reasoning_effort: z.literal("none").nullish(),
    verbosity: z.literal("medium").nullish(),
    stream: z.boolean().nullish(),
    stream_options: z
      .strictObject({ include_usage: z.boolean().optional(), include_obfuscation: z.boolean().optional() })
      .nullish(),
    metadata: Metadata.nullish(),
    store: z.boolean().nullish(),
    user: z.string().nullish(),
    safety_identifier: z.string().max(64).nullish(),
    prompt_cache_key: z.string().nullish(),
    prompt_cache_retention: z.enum(["in_memory", "in-memory", "24h"]).nullish(),
    service_tier: z.enum(["auto", "default"]).nullish(),
    audio: unsupported("the models of this server answer in text"),
    web_search_options: unsupported("this server does not search the web"),
    moderation: unsupported("this server does not moderate; ask a moderation model yourself"),
    prompt_cache_options: unsupported("prompts are cached by themselves: leave it out"),
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
        message: z.object({ content: z.string().nullish(), tool_calls: z.array(toolCall).nullish() }),
        logprobs,
      }),
    )
    .min(1),
  usage,
});
export type ToolCall = z.infer<typeof toolCall>;
export type EngineCompletion = z.infer<typeof EngineCompletion>;

const toolCallDelta = z.looseObject({
  index: z.int(),
  id: z.string().optional(),
  type: z.string().optional(),
  function: z.looseObject({ name: z.string().optional(), arguments: z.string().optional() }).optional(),
});
export type ToolCallDelta = z.infer<typeof toolCallDelta>;

export const EngineChunk = z.object({
  choices: z.array(
    z.object({
      delta: z.looseObject({
        role: z.string().optional(),
        content: z.string().nullish(),
        tool_calls: z.array(toolCallDelta).nullish(),
      }),
      finish_reason: finishReason.nullish(),
      logprobs,
    }),
  ),
  usage: usage.nullish(),
});
export type EngineChunk = z.infer<typeof EngineChunk>;
