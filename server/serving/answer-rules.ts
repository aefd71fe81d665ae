import { z } from "zod";
import { rule, writeGrammar } from "../grammar/expression.ts";
import { jsonRules } from "../grammar/json.ts";
import { SchemaError } from "../grammar/schema-error.ts";
import { objectGrammar, readSchema, schemaGrammar } from "../grammar/schema-grammar.ts";
import type { ChatRequest } from "./engine.ts";
import type { ToolFormat } from "./tool-calls/tool-format.ts";
import { toolGrammar } from "./tool-calls/tool-grammar.ts";

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

function schemaOf({ response_format }: Wish) {
  if (response_format?.type === "json_object") return { schema: null, isStrict: false };
  if (response_format?.type !== "json_schema") return null;
  const { schema, strict } = response_format.json_schema;
  return { schema: schema ?? null, isStrict: strict === true };
}

function answerSchema(wish: Wish) {
  const wanted = schemaOf(wish);
  if (!wanted) return null;
  if (wanted.schema === null) return { root: rule("object"), rules: jsonRules };
  return readSchema(wanted.schema, { isStrict: wanted.isStrict, prefix: "answer" });
}

function answerGrammar(wish: Wish): string | null {
  const wanted = schemaOf(wish);
  if (!wanted) return null;
  const { schema, isStrict } = wanted;
  return schema === null ? objectGrammar() : schemaGrammar(schema, { isStrict });
}

function wantedTools({ tools = [], tool_choice }: Wish) {
  if (typeof tool_choice !== "object") return tools;
  return tools.filter((tool) => tool.function.name === tool_choice.function.name);
}

const isRequired = ({ tool_choice }: Wish) => tool_choice === "required" || typeof tool_choice === "object";

/** How an answer is to be written, and what an engine is told for it. */
export type AnswerRules = {
  /** Keeps the answer to what was asked for; null: any text. */
  readonly grammar: string | null;
  /** What the request says of tools. */
  readonly tools: object;
  /** How calls stand in the answer; null: the engine reads them itself, or there are none. */
  readonly toolFormat: ToolFormat | null;
  /** There is nothing but calls in it. */
  readonly mustCall: boolean;
};

export type Refused = { readonly refused: { readonly message: string; readonly param: string } };

/** By the engine's own means, where the template's calls are written in a way that we do not know. */
function nativeTools(wish: Wish): object {
  const { response_format } = wish;
  return {
    tools: wantedTools(wish),
    tool_choice: isRequired(wish) ? "required" : "auto",
    parallel_tool_calls: wish.parallel_tool_calls ?? true,
    ...(response_format ? { response_format } : {}),
  };
}

function callGrammar(wish: Wish, format: ToolFormat): string {
  const wanted = {
    functions: wantedTools(wish).map((tool) => tool.function),
    isRequired: isRequired(wish),
    mayBeParallel: wish.parallel_tool_calls ?? true,
    answer: answerSchema(wish),
  };
  return writeGrammar(toolGrammar(wanted, format));
}

type FindFormat = () => Promise<ToolFormat | null>;

async function rulesOf(wish: Wish, findFormat: FindFormat): Promise<AnswerRules> {
  const hasTools = wish.tools?.length && wish.tool_choice !== "none";
  if (!hasTools) return { grammar: answerGrammar(wish), tools: {}, toolFormat: null, mustCall: false };
  const toolFormat = await findFormat();
  const mustCall = isRequired(wish);
  if (!toolFormat) return { grammar: null, tools: nativeTools(wish), toolFormat, mustCall };
  // To "none" engines show the tools to the model and leave the answer, and its grammar, to us.
  const tools = { tools: wish.tools, tool_choice: "none" };
  return { grammar: callGrammar(wish, toolFormat), tools, toolFormat, mustCall };
}

function asRefused({ path, message }: SchemaError, wish: Wish): Refused {
  const place = path.length === 0 ? "" : ` at '${path.join(".")}'`;
  const param = wish.tools ? "tools" : "response_format";
  return { refused: { message: `Invalid schema${place}: ${message}.`, param } };
}

/**
 * The grammar of an answer, from the caller's tools and format; null: the request cannot be read, which engines say in
 * their own words. Grammars are ours: llama.cpp's own converter leaves out what it does not know, and engines hold calls
 * to their schemas only with templates that they know.
 */
export async function answerRules(
  request: ChatRequest,
  findFormat: FindFormat,
): Promise<AnswerRules | Refused | null> {
  const parsed = Wish.safeParse(request);
  if (!parsed.success) return null;
  try {
    return await rulesOf(parsed.data, findFormat);
  } catch (error) {
    if (error instanceof SchemaError) return asRefused(error, parsed.data);
    throw error;
  }
}

const translated = new Set(["tools", "tool_choice", "parallel_tool_calls", "response_format"]);

/** A request without what its rules say. */
export const beyondRules = (request: ChatRequest): ChatRequest =>
  Object.fromEntries(Object.entries(request).filter(([name]) => !translated.has(name)));
