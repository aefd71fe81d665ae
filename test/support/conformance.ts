import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { checkout } from "./server.ts";

const path = resolve(checkout, "../shared/openai-api.json");

/** Why answers cannot be held against OpenAI's schemas here; false: they can. */
export const lacksSchemas: string | false = existsSync(path)
  ? false
  : "no ../shared/openai-api.json beside the checkout";

type Json = Record<string, unknown>;
const isJson = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** OpenAI's document in the dialect that ajv compiles: its `nullable`, boolean bounds and overlapping `oneOf` mended. */
function clean(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(clean);
  if (!isJson(value)) return value;
  const made: Json = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, clean(inner)]));
  if (made.exclusiveMinimum === true) {
    made.exclusiveMinimum = made.minimum;
    delete made.minimum;
  }
  if (made.$recursiveRef) return { $ref: "#/components/schemas/CompoundFilter" };
  delete made.$recursiveAnchor;
  if (made.oneOf) {
    made.anyOf = made.oneOf;
    delete made.oneOf;
  }
  const { nullable, ...rest } = made;
  return nullable === true ? { anyOf: [rest, { type: "null" }] } : rest;
}

/** Which schema an answer must have, by method and path. */
const schemas: [string, RegExp, string][] = [
  ["POST", /^\/v1\/files$/, "OpenAIFile"],
  ["GET", /^\/v1\/files$/, "ListFilesResponse"],
  ["GET", /^\/v1\/files\/[^/]+$/, "OpenAIFile"],
  ["DELETE", /^\/v1\/files\/[^/]+$/, "DeleteFileResponse"],
  ["POST", /^\/v1\/uploads$/, "Upload"],
  ["POST", /^\/v1\/uploads\/[^/]+\/(complete|cancel)$/, "Upload"],
  ["POST", /^\/v1\/uploads\/[^/]+\/parts$/, "UploadPart"],
  ["GET", /\/checkpoints\/[^/]+\/permissions$/, "ListFineTuningCheckpointPermissionResponse"],
  ["POST", /\/checkpoints\/[^/]+\/permissions$/, "ListFineTuningCheckpointPermissionResponse"],
  ["DELETE", /\/checkpoints\/[^/]+\/permissions\/[^/]+$/, "DeleteFineTuningCheckpointPermissionResponse"],
  ["POST", /^\/v1\/fine_tuning\/jobs$/, "FineTuningJob"],
  ["GET", /^\/v1\/fine_tuning\/jobs$/, "ListPaginatedFineTuningJobsResponse"],
  ["GET", /^\/v1\/fine_tuning\/jobs\/[^/]+$/, "FineTuningJob"],
  ["POST", /^\/v1\/fine_tuning\/jobs\/[^/]+\/(cancel|pause|resume)$/, "FineTuningJob"],
  ["GET", /^\/v1\/fine_tuning\/jobs\/[^/]+\/events$/, "ListFineTuningJobEventsResponse"],
  ["GET", /^\/v1\/fine_tuning\/jobs\/[^/]+\/checkpoints$/, "ListFineTuningJobCheckpointsResponse"],
  ["GET", /^\/v1\/models$/, "ListModelsResponse"],
  ["GET", /^\/v1\/models\/[^/]+$/, "Model"],
  ["DELETE", /^\/v1\/models\/[^/]+$/, "DeleteModelResponse"],
  ["POST", /^\/v1\/chat\/completions$/, "CreateChatCompletionResponse"],
  ["POST", /^\/v1\/responses$/, "Response"],
  ["POST", /^\/v1\/responses\/input_tokens$/, "TokenCountsResource"],
  ["GET", /^\/v1\/responses\/[^/]+$/, "Response"],
  ["POST", /^\/v1\/responses\/[^/]+\/cancel$/, "Response"],
  ["GET", /^\/v1\/responses\/[^/]+\/input_items$/, "ResponseItemList"],
  ["POST", /^\/v1\/conversations(\/[^/]+)?$/, "ConversationResource"],
  ["GET", /^\/v1\/conversations\/[^/]+$/, "ConversationResource"],
  ["DELETE", /^\/v1\/conversations\/[^/]+$/, "DeletedConversationResource"],
  ["GET", /^\/v1\/conversations\/[^/]+\/items$/, "ConversationItemList"],
  ["POST", /^\/v1\/conversations\/[^/]+\/items$/, "ConversationItemList"],
  ["GET", /^\/v1\/conversations\/[^/]+\/items\/[^/]+$/, "ConversationItem"],
  ["DELETE", /^\/v1\/conversations\/[^/]+\/items\/[^/]+$/, "ConversationResource"],
  ["GET", /^\/v1\/chat\/completions$/, "ChatCompletionList"],
  ["GET", /^\/v1\/chat\/completions\/[^/]+$/, "CreateChatCompletionResponse"],
  ["POST", /^\/v1\/chat\/completions\/[^/]+$/, "CreateChatCompletionResponse"],
  ["DELETE", /^\/v1\/chat\/completions\/[^/]+$/, "ChatCompletionDeleted"],
  ["POST", /^\/v1\/completions$/, "CreateCompletionResponse"],
];

function openAjv(): Ajv2020 {
  const ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    formats: { unixtime: true, int64: true, float: true, binary: true },
  });
  addFormats.default(ajv);
  ajv.addSchema(clean(JSON.parse(readFileSync(path, "utf8"))) as Json, "openai");
  return ajv;
}

const compileOne = (ajv: Ajv2020, name: string) =>
  ajv.compile({ $ref: `openai#/components/schemas/${name}` });

function compile(): Map<string, ValidateFunction> {
  const ajv = openAjv();
  const names = new Set([
    ...schemas.map(([, , name]) => name),
    "ErrorResponse",
    "CreateChatCompletionStreamResponse",
    "ResponseStreamEvent",
  ]);
  return new Map([...names].map((name) => [name, compileOne(ajv, name)]));
}

/** Says what is wrong with a value by one of OpenAI's schemas; nothing: it conforms. */
export function createChecker(): (name: string, value: unknown) => unknown[] {
  const ajv = openAjv();
  return (name, value) => {
    const validate = compileOne(ajv, name);
    return validate(value) ? [] : (validate.errors ?? []);
  };
}

export type Conformance = {
  readonly fetch: typeof fetch;
  readonly failures: string[];
  readonly checked: Map<string, number>;
};

/** A fetch (by itself the network's) that holds every answer against OpenAI's own schema, where that is at hand; `failures` must stay empty. */
export function createConformance(send: typeof fetch = fetch): Conformance {
  if (lacksSchemas) return { fetch: send, failures: [], checked: new Map() };
  const validators = compile();
  const failures: string[] = [];
  const checked = new Map<string, number>();

  function check(name: string, value: unknown, where: string) {
    const validate = validators.get(name);
    if (!validate) throw new Error(`No schema ${name}.`);
    checked.set(name, (checked.get(name) ?? 0) + 1);
    if (!validate(value))
      failures.push(`${where} is no ${name}: ${JSON.stringify(validate.errors?.slice(0, 3))}`);
  }

  async function checkStream(response: Response, where: string) {
    // The older completions stream what they also answer whole; on all but the last, OpenAI sends a reason of null that
    // its schema does not know.
    const isOlder = where.startsWith("POST /v1/completions ");
    const newer = where.includes("/v1/responses")
      ? "ResponseStreamEvent"
      : "CreateChatCompletionStreamResponse";
    for (const event of (await response.text()).split("\n\n")) {
      const data = /^data: (\{.*)$/m.exec(event)?.[1];
      if (!data || (isOlder && event.includes('"finish_reason":null'))) continue;
      check(isOlder ? "CreateCompletionResponse" : newer, JSON.parse(data), where);
    }
  }

  async function checkResponse(method: string, url: URL, response: Response) {
    const where = `${method} ${url.pathname} (${response.status})`;
    const type = response.headers.get("content-type") ?? "";
    if (type.startsWith("text/event-stream")) return checkStream(response, where);
    if (!type.startsWith("application/json")) return;
    const value: unknown = await response.json();
    if (!response.ok) return check("ErrorResponse", value, where);
    const found = schemas.find(
      ([verb, pattern]) => verb === method && pattern.test(decodeURIComponent(url.pathname)),
    );
    if (found) check(found[2], value, where);
  }

  const checkedFetch: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const { method, url } = request;
    const response = await send(input, init);
    await checkResponse(method, new URL(url), response.clone());
    return response;
  };
  return { fetch: checkedFetch, failures, checked };
}
