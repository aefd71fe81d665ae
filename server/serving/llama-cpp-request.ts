import { z } from "zod";
import { rule, writeGrammar } from "../grammar/expression.ts";
import { jsonRules } from "../grammar/json.ts";
import { objectGrammar, readSchema, schemaGrammar } from "../grammar/schema-grammar.ts";
import type { ChatRequest } from "./engine.ts";
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

/** In a request with tools the format that its calls come in; null: llama.cpp reads them itself, or there are none. */
export type LlamaCppRequest = { readonly body: object; readonly format: ToolFormat | null };

/**
 * OpenAI's request in llama.cpp's terms. Grammars are ours: llama.cpp's own converter leaves out what it does not know,
 * and its tools are not held to their schemas by templates that it does not know.
 */
export async function llamaCppRequest(
  request: ChatRequest,
  findFormat: () => Promise<ToolFormat | null>,
): Promise<LlamaCppRequest> {
  const parsed = Wish.safeParse(request);
  // What cannot be read llama.cpp refuses in its own words.
  if (!parsed.success) return { body: request, format: null };
  const wish = parsed.data;
  const { tools: given, tool_choice, parallel_tool_calls: _, response_format: __, seed, ...rest } = request;
  const penalties = rest.frequency_penalty || rest.presence_penalty ? { repeat_last_n: -1 } : {};
  const body = { ...rest, ...penalties, ...(typeof seed === "number" ? { seed: seedOf(seed) } : {}) };
  const hasTools = given !== undefined && wish.tools?.length && tool_choice !== "none";
  if (!hasTools) return { body: { ...body, ...answerGrammar(wish) }, format: null };
  const format = await findFormat();
  const wanted = format ? tools(wish, format) : nativeTools(wish);
  return { body: { ...body, ...wanted }, format };
}
