import type { ChatFunction, ChatRequest } from "../../contract/chat.ts";
import { assertSchemas, type GivenSchema } from "../grammar/assert-schemas.ts";

function schemaOf(one: ChatFunction, place: string): GivenSchema[] {
  const { parameters, strict } = one;
  if (!parameters) return [];
  return [{ schema: parameters, isStrict: strict === true, param: `${place}.parameters` }];
}

function answerSchema({ response_format: format }: ChatRequest): GivenSchema[] {
  if (format?.type !== "json_schema" || !format.json_schema.schema) return [];
  const { schema, strict } = format.json_schema;
  return [{ schema, isStrict: strict === true, param: "response_format.json_schema.schema" }];
}

/** Refuses schemas before an engine sees them: what cannot be held, where it was to be, and what is too large for any. */
export function assertRequestSchemas(request: ChatRequest): void {
  assertSchemas([
    ...answerSchema(request),
    ...(request.tools ?? []).flatMap((one, index) => schemaOf(one.function, `tools[${index}].function`)),
    ...(request.functions ?? []).flatMap((one, index) => schemaOf(one, `functions[${index}]`)),
  ]);
}
