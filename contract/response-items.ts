import { z } from "zod";
import { CallArguments } from "./chat.ts";

/** Ids that callers send back with what they got. */
const itemId = z.string().regex(/^[A-Za-z0-9_-]{1,128}$/, "expected an item's id");
const callId = z.string().min(1).max(64);
const status = z.enum(["in_progress", "completed", "incomplete"]).nullish();

/** Client libraries write null for a field that they know and that a part or a message they were given has not. */
const notGiven = z.null().optional();
const inputText = z
  .strictObject({ type: z.literal("input_text"), text: z.string(), prompt_cache_breakpoint: notGiven })
  .transform(({ type, text }) => ({ type, text }));
const outputText = z.object({ type: z.literal("output_text"), text: z.string() });
const refusal = z.object({ type: z.literal("refusal"), refusal: z.string() });

const inputContent = z.union([z.string(), z.array(inputText).min(1)]);
const assistantContent = z.union([
  z.string(),
  z.array(z.discriminatedUnion("type", [outputText, refusal])).min(1),
]);

/** What a model said may be sent back with whatever a client library has added to it. */
const message = z.discriminatedUnion("role", [
  z.strictObject({
    type: z.literal("message"),
    role: z.enum(["user", "system", "developer"]),
    content: inputContent,
    id: itemId.nullish(),
    status,
    phase: notGiven,
  }),
  z.object({
    type: z.literal("message"),
    role: z.literal("assistant"),
    content: assistantContent,
    id: itemId.nullish(),
    status,
  }),
]);

const functionCall = z.object({
  type: z.literal("function_call"),
  id: itemId.nullish(),
  call_id: callId,
  name: z.string().min(1).max(128),
  arguments: CallArguments,
  status,
});

const functionCallOutput = z.object({
  type: z.literal("function_call_output"),
  id: itemId.nullish(),
  call_id: callId,
  output: z.union([z.string(), z.array(inputText)]),
  status,
});

/** What a model thought stays with that model: it is taken and left out. */
const reasoning = z.object({ type: z.literal("reasoning") });

const itemReference = z.object({ type: z.literal("item_reference"), id: itemId });

/** A message may leave its type out, a reference has it null or none. */
function withType(item: unknown): unknown {
  if (typeof item !== "object" || item === null || Array.isArray(item)) return item;
  if ("type" in item && item.type !== null && item.type !== undefined) return item;
  if ("role" in item) return { ...item, type: "message" };
  return "id" in item ? { ...item, type: "item_reference" } : item;
}

/** One item of a response's input, as callers send it. */
export const InputItem = z.preprocess(
  withType,
  z.discriminatedUnion("type", [message, functionCall, functionCallOutput, reasoning, itemReference]),
);
export type InputItem = z.infer<typeof InputItem>;

/** Lists that are longer serve no context that a model has. */
export const MOST_INPUT_ITEMS = 2048;

export type OutputStatus = "in_progress" | "completed" | "incomplete";

export type TokenLogprob = {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: readonly number[];
  readonly top_logprobs: readonly Omit<TokenLogprob, "top_logprobs">[];
};

export type InputText = { readonly type: "input_text"; readonly text: string };
export type OutputText = {
  readonly type: "output_text";
  readonly text: string;
  readonly annotations: readonly [];
  readonly logprobs: readonly TokenLogprob[];
};
export type RefusalPart = { readonly type: "refusal"; readonly refusal: string };

export type InputMessage = {
  readonly id: string;
  readonly type: "message";
  readonly status: OutputStatus;
  readonly role: "user" | "system" | "developer";
  readonly content: readonly InputText[];
};
export type OutputMessage = {
  readonly id: string;
  readonly type: "message";
  readonly status: OutputStatus;
  readonly role: "assistant";
  readonly content: readonly (OutputText | RefusalPart)[];
};
export type FunctionCall = {
  readonly id: string;
  readonly type: "function_call";
  readonly status: OutputStatus;
  readonly call_id: string;
  readonly name: string;
  readonly arguments: string;
};
export type FunctionCallOutput = {
  readonly id: string;
  readonly type: "function_call_output";
  readonly status: OutputStatus;
  readonly call_id: string;
  readonly output: string | readonly InputText[];
};

export type OutputItem = OutputMessage | FunctionCall;
/** An item as it is stored and shown. */
export type Item = InputMessage | OutputItem | FunctionCallOutput;
