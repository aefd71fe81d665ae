import { z } from "zod";
import { rule, writeGrammar } from "../../grammar/expression.ts";
import { jsonRules } from "../../grammar/json.ts";
import { SchemaError } from "../../grammar/schema-error.ts";
import { objectGrammar, readSchema, schemaGrammar } from "../../grammar/schema-grammar.ts";
import type { ChatRequest } from "../engine.ts";
import type { ModelFacts } from "./model-facts.ts";
import type { ToolFormat } from "./tool-format.ts";
import { toolGrammar } from "./tool-grammar.ts";

const named = z.looseObject({ type: z.literal("function"), function: z.looseObject({ name: z.string() }) });
const Wish = z.object({
  tools: z
    .array(
      z.looseObject({
        function: z.looseObject({
          name: z.string(),
          parameters: z.unknown().optional(),
          strict: z.boolean().nullish(),
        }),
      }),
    )
    .optional(),
  tool_choice: z.union([z.enum(["none", "auto", "required"]), named]).optional(),
  parallel_tool_calls: z.boolean().optional(),
  response_format: z
    .discriminatedUnion("type", [
      z.object({ type: z.literal("text") }),
      z.object({ type: z.literal("json_object") }),
      z.object({
        type: z.literal("json_schema"),
        json_schema: z.looseObject({ schema: z.unknown().optional(), strict: z.boolean().nullish() }),
      }),
    ])
    .optional(),
});
type Wish = z.infer<typeof Wish>;

/** llama.cpp takes 2³² - 1 for "any". */
const ANY_SEED = 2 ** 32 - 1;

const seedOf = (seed: number) => ((seed % ANY_SEED) + ANY_SEED) % ANY_SEED;

function schemaOf({ response_format }: Wish) {
  if (response_format?.type === "json_object") return { schema: null, isStrict: false };
  if (response_format?.type !== "json_schema") return null;
  const { schema, strict } = response_format.json_schema;
  return { schema: schema ?? null, isStrict: strict === true };
}

function answerRules(wish: Wish) {
  const wanted = schemaOf(wish);
  if (!wanted) return null;
  if (wanted.schema === null) return { root: rule("object"), rules: jsonRules };
  return readSchema(wanted.schema, { isStrict: wanted.isStrict, prefix: "answer" });
}

function answerGrammar(wish: Wish): { grammar?: string } {
  const wanted = schemaOf(wish);
  if (!wanted) return {};
  const { schema, isStrict } = wanted;
  return { grammar: schema === null ? objectGrammar() : schemaGrammar(schema, { isStrict }) };
}

function wantedTools({ tools = [], tool_choice }: Wish) {
  if (typeof tool_choice !== "object") return tools;
  return tools.filter((tool) => tool.function.name === tool_choice.function.name);
}

const isRequired = ({ tool_choice }: Wish) => tool_choice === "required" || typeof tool_choice === "object";

/** By llama.cpp's own means, where the template's calls are written in a way that we do not know. */
function nativeTools(wish: Wish): object {
  const { response_format } = wish;
  return {
    tools: wantedTools(wish),
    tool_choice: isRequired(wish) ? "required" : "auto",
    parallel_tool_calls: wish.parallel_tool_calls ?? true,
    ...(response_format ? { response_format } : {}),
  };
}

function tools(wish: Wish, format: ToolFormat): object {
  const functions = wantedTools(wish).map((tool) => tool.function);
  const grammar = toolGrammar(
    {
      functions,
      isRequired: isRequired(wish),
      mayBeParallel: wish.parallel_tool_calls ?? true,
      answer: answerRules(wish),
    },
    format,
  );
  // To "none" llama.cpp shows the tools to the model and leaves the answer, and its grammar, to us.
  return { tools: wish.tools, tool_choice: "none", grammar: writeGrammar(grammar) };
}

/**
 * `toolFormat`: how calls stand in the answer; null: llama.cpp reads them itself, or there are none. `mustCall`: there
 * is nothing else in it.
 */
export type LlamaCppRequest =
  | { readonly body: object; readonly toolFormat: ToolFormat | null; readonly mustCall: boolean }
  | { readonly refused: string; readonly param: string };

type FindFacts = () => Promise<ModelFacts>;

/** llama.cpp gives `logprobs` up beside tools in a stream, though not under its own name for them. */
function probabilities({ logprobs, top_logprobs }: ChatRequest): object {
  return logprobs === true ? { n_probs: Math.max(1, Number(top_logprobs ?? 0)) } : {};
}

const translated = new Set([
  "tools",
  "tool_choice",
  "parallel_tool_calls",
  "response_format",
  "logprobs",
  "top_logprobs",
  "seed",
]);

async function settings(request: ChatRequest, facts: FindFacts): Promise<object> {
  const body = Object.fromEntries(Object.entries(request).filter(([name]) => !translated.has(name)));
  const { seed, frequency_penalty, presence_penalty } = request;
  const isPenalized = Boolean(frequency_penalty || presence_penalty);
  // llama.cpp itself looks back over 64 tokens only.
  const penalties = isPenalized ? { repeat_last_n: (await facts()).contextLength } : {};
  const seeded = typeof seed === "number" ? { seed: seedOf(seed) } : {};
  return { ...body, ...penalties, ...seeded, ...probabilities(request) };
}

/** llama.cpp passes over tokens that it does not know. */
async function unknownToken(ids: readonly unknown[], facts: FindFacts): Promise<string | null> {
  if (ids.length === 0) return null;
  const { vocabulary } = await facts();
  const odd = ids.find((id) => Number(id) >= vocabulary);
  return odd === undefined ? null : `This model has no token ${odd}: its tokens are 0 to ${vocabulary - 1}.`;
}

const biased = ({ logit_bias }: ChatRequest) =>
  Object.keys(typeof logit_bias === "object" ? (logit_bias ?? {}) : {});

async function translate(request: ChatRequest, wish: Wish, facts: FindFacts): Promise<LlamaCppRequest> {
  const unknown = await unknownToken(biased(request), facts);
  if (unknown) return { refused: unknown, param: "logit_bias" };
  const body = await settings(request, facts);
  const hasTools = wish.tools?.length && wish.tool_choice !== "none";
  if (!hasTools) return { body: { ...body, ...answerGrammar(wish) }, toolFormat: null, mustCall: false };
  const { toolFormat } = await facts();
  const wanted = toolFormat ? tools(wish, toolFormat) : nativeTools(wish);
  return { body: { ...body, ...wanted }, toolFormat, mustCall: isRequired(wish) };
}

/**
 * OpenAI's request in llama.cpp's terms. Grammars are ours: llama.cpp's own converter leaves out what it does not know,
 * and calls are held to their schemas only with templates that it knows.
 */
export async function llamaCppRequest(request: ChatRequest, facts: FindFacts): Promise<LlamaCppRequest> {
  const parsed = Wish.safeParse(request);
  // What cannot be read llama.cpp refuses in its own words.
  if (!parsed.success) return { body: request, toolFormat: null, mustCall: false };
  try {
    return await translate(request, parsed.data, facts);
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    const place = error.path.length === 0 ? "" : ` at '${error.path.join(".")}'`;
    const param = parsed.data.tools ? "tools" : "response_format";
    return { refused: `Invalid schema${place}: ${error.message}.`, param };
  }
}

/** The same for a prompt without a template: `top` is how many others are told of each token; null: nothing of any. */
export async function llamaCppText(
  request: ChatRequest,
  facts: FindFacts,
): Promise<{ body: object; top: number | null } | { refused: string; param: string }> {
  const unknown = await unknownToken(biased(request), facts);
  if (unknown) return { refused: unknown, param: "logit_bias" };
  const unread = await unknownToken(Array.isArray(request.prompt) ? request.prompt : [], facts);
  if (unread) return { refused: unread, param: "prompt" };
  const top = typeof request.logprobs === "number" ? request.logprobs : null;
  const told = top === null ? {} : { n_probs: Math.max(1, top) };
  return { body: { ...(await settings(request, facts)), ...told }, top };
}
