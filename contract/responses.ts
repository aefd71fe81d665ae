import { z } from "zod";
import { limitTo, Metadata, unsupported } from "./common.ts";
import { InputItem, MOST_INPUT_ITEMS, type OutputItem } from "./response-items.ts";
import { FUNCTION_NAME } from "./tool-shape.ts";

const toolName = z.string().regex(FUNCTION_NAME, "expected 1 to 64 letters, digits, _ and -");

const functionTool = z.strictObject({
  type: z.literal(
    "function",
    "only tools of type 'function' run here: call what a hosted tool would do from a function of yours",
  ),
  name: toolName,
  description: z.string().nullish(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
  strict: z.boolean().nullish(),
});
export type FunctionTool = z.infer<typeof functionTool>;

const namedFunction = z.strictObject({ type: z.literal("function"), name: toolName });
const toolChoice = z.union([
  z.enum(["none", "auto", "required"]),
  z.discriminatedUnion("type", [
    namedFunction,
    z.strictObject({
      type: z.literal("allowed_tools"),
      mode: z.enum(["auto", "required"]),
      tools: z.array(namedFunction).min(1).max(128),
    }),
  ]),
]);
export type ToolChoice = z.infer<typeof toolChoice>;

const format = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("text") }),
  z.strictObject({ type: z.literal("json_object") }),
  z.strictObject({
    type: z.literal("json_schema"),
    name: toolName,
    description: z.string().nullish(),
    schema: z.record(z.string(), z.unknown()),
    strict: z.boolean().nullish(),
  }),
]);

const text = z.strictObject({ format: format.nullish(), verbosity: z.literal("medium").nullish() });

const NO_REASONING = "the models here do not reason: leave it out";
const reasoning = z.strictObject({
  effort: z.literal("none", NO_REASONING).nullish(),
  summary: unsupported(NO_REASONING),
  generate_summary: unsupported(NO_REASONING),
  context: unsupported(NO_REASONING),
  mode: unsupported(NO_REASONING),
});

/** OpenAI's `IncludeEnum`. Those about hosted tools and reasoning hold: no such item is ever there to leave them out of. */
export const Include = z.enum([
  "file_search_call.results",
  "web_search_call.results",
  "web_search_call.action.sources",
  "message.input_image.image_url",
  "computer_call_output.output.image_url",
  "code_interpreter_call.outputs",
  "reasoning.encrypted_content",
  "message.output_text.logprobs",
]);

const input = z.union([z.string(), z.array(InputItem).max(MOST_INPUT_ITEMS)]);
const conversation = z.union([z.string().min(1), z.strictObject({ id: z.string().min(1) })]);

/** What engines count with. */
const MOST_TOKENS = 2 ** 31 - 1;

/** What makes the prompt: a response and the count of its tokens share it. */
const promptFields = {
  model: z.string().min(1),
  input: input.nullish(),
  instructions: z.string().nullish(),
  previous_response_id: z.string().min(1).nullish(),
  conversation: conversation.nullish(),
  tools: z.array(functionTool).max(128).nullish(),
  tool_choice: toolChoice.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  text: text.nullish(),
  truncation: z.enum(["auto", "disabled"]).nullish(),
  reasoning: reasoning.nullish(),
};

/**
 * `POST /responses`: the parameters that this server honours. Those that only tell OpenAI something about the caller
 * are accepted; any other is refused by its name.
 */
export const CreateResponse = z.strictObject({
  ...promptFields,
  background: z.boolean().nullish(),
  include: z.array(Include).nullish(),
  max_output_tokens: z.int().min(16).max(MOST_TOKENS).nullish(),
  max_tool_calls: z.int().min(1).nullish(),
  metadata: Metadata.nullish(),
  store: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.strictObject({ include_obfuscation: z.boolean().optional() }).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  user: z.string().nullish(),
  safety_identifier: z.string().max(64).nullish(),
  prompt_cache_key: z.string().nullish(),
  prompt_cache_retention: z.enum(["in_memory", "in-memory", "24h"]).nullish(),
  service_tier: z.enum(["auto", "default"]).nullish(),
  prompt: unsupported("there are no reusable prompts here: send what it holds as instructions and input"),
  context_management: unsupported("contexts are not compacted here: use 'truncation'"),
  moderation: unsupported("nothing is moderated here: leave it out"),
  prompt_cache_options: unsupported("prompts are cached by themselves: leave it out"),
});
export type CreateResponse = z.infer<typeof CreateResponse>;

export const CountInputTokens = z.strictObject({
  ...promptFields,
  personality: unsupported("the models here have no personalities: use 'instructions'"),
});
export type PromptRequest = Omit<z.infer<typeof CountInputTokens>, "personality">;

const flag = z.enum(["true", "false"]).transform((written) => written === "true");
const included = z.union([Include, z.array(Include)]).optional();

export const GetResponse = z.object({
  include: included,
  stream: flag.default(false),
  starting_after: z
    .string()
    .regex(/^\d{1,15}$/, "expected a sequence number")
    .transform(Number)
    .optional(),
  include_obfuscation: flag.default(false),
});

/** Pages of items, of a response's input or of a conversation. */
export const ListItems = z.object({
  limit: limitTo(100, 20),
  order: z.enum(["asc", "desc"]).default("desc"),
  after: z.string().optional(),
  include: included,
});
export type ListItems = z.infer<typeof ListItems>;

/** Query strings with `include`, which says nothing of what a single item holds beyond itself. */
export const GetItem = z.object({ include: included });

export type ResponseStatus = "completed" | "failed" | "in_progress" | "cancelled" | "queued" | "incomplete";

export type ResponseUsage = {
  readonly input_tokens: number;
  readonly input_tokens_details: { readonly cached_tokens: number; readonly cache_write_tokens: number };
  readonly output_tokens: number;
  readonly output_tokens_details: { readonly reasoning_tokens: number };
  readonly total_tokens: number;
};

export type ResponseError = {
  readonly code: "server_error" | "rate_limit_exceeded" | "invalid_prompt";
  readonly message: string;
};

/** OpenAI's `Response`; what the request said and nothing changes is in `settings`. */
export type ResponseObject = {
  readonly id: string;
  readonly object: "response";
  readonly created_at: number;
  readonly completed_at: number | null;
  readonly status: ResponseStatus;
  readonly background: boolean;
  readonly error: ResponseError | null;
  readonly incomplete_details: { readonly reason: "max_output_tokens" } | null;
  readonly model: string;
  readonly output: readonly OutputItem[];
  readonly usage?: ResponseUsage;
} & Readonly<Record<string, unknown>>;

/** One of OpenAI's `ResponseStreamEvent`. */
export type StreamEvent = { readonly type: string; readonly sequence_number: number } & Readonly<
  Record<string, unknown>
>;
