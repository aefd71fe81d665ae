import { Refusal } from "../../contract/errors.ts";
import type { CreateResponse, PromptRequest, ToolChoice } from "../../contract/responses.ts";
import { mentionsJson } from "../generation/mentions-json.ts";
import { assertSchemas, functionSchema, type GivenSchema } from "../grammar/assert-schemas.ts";

const refuse = (text: string, param: string) => new Refusal("invalid_value", text, param);

function namesIn(choice: ToolChoice): string[] {
  if (typeof choice === "string") return [];
  return choice.type === "function" ? [choice.name] : choice.tools.map(({ name }) => name);
}

function assertTools({ tools, tool_choice }: PromptRequest): void {
  const names = (tools ?? []).map(({ name }) => name);
  const twice = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (twice >= 0)
    throw refuse(`Tool names must be unique: '${names[twice]}' is given twice.`, `tools[${twice}].name`);
  if (!tool_choice) return;
  if (tool_choice === "required" && names.length === 0)
    throw refuse("Tool choice 'required' must be specified with 'tools' parameter.", "tool_choice");
  const missing = namesIn(tool_choice).find((name) => !names.includes(name));
  if (missing !== undefined)
    throw refuse(`Tool choice '${missing}' not found in 'tools' parameter.`, "tool_choice");
}

function assertStored({ background, store, conversation }: CreateResponse): void {
  if (store !== false) return;
  if (background)
    throw refuse("A background response is read later, so it is stored: leave 'store' out.", "store");
  if (conversation) throw refuse("A response in a conversation is kept in it: leave 'store' out.", "store");
}

function answerSchema({ text }: PromptRequest): GivenSchema[] {
  const format = text?.format;
  if (format?.type !== "json_schema") return [];
  return [
    {
      ...{ schema: format.schema, isStrict: format.strict === true, param: "text.format.schema" },
      owner: `response_format '${format.name}'`,
      refused: { kind: "invalid_json_schema" },
    },
  ];
}

function assertOneMemory({ previous_response_id: previous, conversation }: PromptRequest): void {
  if (!previous || !conversation) return;
  const text = "Mutually exclusive parameters: send 'previous_response_id' or 'conversation', not both.";
  throw refuse(text, "previous_response_id");
}

/** What earlier turns say is not known yet: they may ask for it. */
function assertJsonAsked(request: PromptRequest): void {
  const { text, input, instructions, previous_response_id: previous, conversation } = request;
  if (text?.format?.type !== "json_object" || previous || conversation) return;
  if (mentionsJson([input, instructions])) return;
  const words =
    "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.";
  throw new Refusal("invalid_request", words, "input");
}

/** Refuses what makes a prompt and does not go together, and schemas that no engine could hold. */
export function assertPrompt(request: PromptRequest): void {
  assertOneMemory(request);
  assertTools(request);
  assertJsonAsked(request);
  const tools = (request.tools ?? []).flatMap(({ name, parameters: schema, strict }, index) =>
    schema ? [functionSchema(name, { schema, strict, param: `tools[${index}].parameters` })] : [],
  );
  assertSchemas([...tools, ...answerSchema(request)]);
}

/** Refuses what the schema lets pass and does not go together. */
export function assertTogether(request: CreateResponse): void {
  assertPrompt(request);
  assertStored(request);
  if (request.stream_options && !request.stream)
    throw refuse("'stream_options' is only allowed when 'stream' is true.", "stream_options");
}
