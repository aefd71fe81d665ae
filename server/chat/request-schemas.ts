import type { ChatFunction, ChatRequest } from "../../contract/chat.ts";
import { assertSchemas, functionSchema, type GivenSchema } from "../grammar/assert-schemas.ts";

function schemaOf({ name, parameters, strict }: ChatFunction, place: string): GivenSchema[] {
  if (!parameters) return [];
  return [functionSchema(name, { schema: parameters, strict, param: `${place}.parameters` })];
}

function answerSchema({ response_format: format }: ChatRequest): GivenSchema[] {
  if (format?.type !== "json_schema" || !format.json_schema.schema) return [];
  const { name, schema, strict } = format.json_schema;
  return [
    {
      ...{ schema, isStrict: strict === true, param: "response_format.json_schema.schema" },
      owner: `response_format '${name}'`,
      refused: { kind: "invalid_request", param: "response_format" },
    },
  ];
}

/** Refuses schemas before an engine sees them: what cannot be held, where it was to be, and what is too large for any. */
export function assertRequestSchemas(request: ChatRequest): void {
  assertSchemas([
    ...answerSchema(request),
    ...(request.tools ?? []).flatMap((one, index) => schemaOf(one.function, `tools[${index}].function`)),
    ...(request.functions ?? []).flatMap((one, index) => schemaOf(one, `functions[${index}]`)),
  ]);
}
