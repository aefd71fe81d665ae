import { type ChatMessage, ChatRequest } from "../../../contract/chat.ts";
import { modelOf } from "../../ui/address.ts";
import type { Answer } from "./answer.ts";

export const ROLES = ["user", "assistant"] as const;
export type Turn = { readonly key: number; readonly role: (typeof ROLES)[number]; readonly text: string };

/** What is asked and how, as it stands in the fields. */
export type Setup = {
  readonly system: string;
  readonly turns: readonly Turn[];
  readonly temperature: string;
  readonly top_p: string;
  readonly max_tokens: string;
  readonly seed: string;
  readonly schema: string;
  readonly tools: string;
};
export const NUMBERS = ["temperature", "top_p", "max_tokens", "seed"] as const;
export type Faults = Partial<Record<"turns" | "schema" | "tools" | (typeof NUMBERS)[number], string>>;

const TUNED = /^ft:([^:]+):/;
/** The base that a tuned model's name tells; null: it is none. */
export const baseOf = (model: string): string | null => TUNED.exec(model)?.[1] ?? null;

export const MOST_MODELS = 4;
/** With commas between; the few names that hold one are escaped. */
export const joinModels = (models: readonly string[]): string =>
  models.map((name) => name.replaceAll("%", "%25").replaceAll(",", "%2C")).join(",");
export function splitModels(text: string): readonly string[] {
  return [...new Set(text.split(",").filter(Boolean).map(modelOf))].slice(0, MOST_MODELS);
}

/** Longer prompts make addresses that not every chat or mail carries. */
const LONGEST_IN_ADDRESS = 1000;
export function toQuery(setup: Setup): Record<string, string> {
  const [first, ...more] = setup.turns;
  const isShort = more.length === 0 && `${setup.system}${first?.text}`.length <= LONGEST_IN_ADDRESS;
  const numbers = NUMBERS.map((name) => [name, setup[name]]);
  return {
    system: isShort ? setup.system : "",
    prompt: isShort ? (first?.text ?? "") : "",
    ...Object.fromEntries(numbers),
  };
}

export const fromQuery = (query: URLSearchParams): Setup => ({
  system: query.get("system") ?? "",
  turns: [{ key: 0, role: "user", text: query.get("prompt") ?? "" }],
  temperature: query.get("temperature") ?? "",
  top_p: query.get("top_p") ?? "",
  max_tokens: query.get("max_tokens") ?? "256",
  seed: query.get("seed") ?? "",
  schema: "",
  tools: "",
});

function readJson(text: string): unknown {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`This is not JSON: ${error instanceof Error ? error.message : error}`);
  }
}

export const messagesOf = ({ system, turns }: Setup): ChatMessage[] => [
  ...(system.trim() === "" ? [] : [{ role: "system" as const, content: system }]),
  ...turns.map(({ role, text }) => ({ role, content: text })),
];

const numberOf = (text: string) => (text.trim() === "" ? {} : { value: Number(text) });
const MODEL = "any";

const formatOf = (schema: unknown) => ({
  type: "json_schema",
  json_schema: { name: "answer", schema, strict: true },
});

/** As the API takes it, but for the model. */
function requestOf(setup: Setup, json: { schema: unknown; tools: unknown }): Record<string, unknown> {
  const named = NUMBERS.map((name) => [name, numberOf(setup[name]).value] as const);
  const given = [...named, ["tools", json.tools] as const].filter(([, value]) => value !== undefined);
  return {
    model: MODEL,
    messages: messagesOf(setup),
    ...Object.fromEntries(given),
    ...(json.schema === undefined ? {} : { response_format: formatOf(json.schema) }),
  };
}

const FIELD_OF: Readonly<Record<string, keyof Faults>> = { messages: "turns", response_format: "schema" };
const isField = (name: string): name is keyof Faults =>
  ["turns", "schema", "tools", ...NUMBERS].includes(name);

function faultsOf(issues: readonly { path: readonly PropertyKey[]; message: string }[]): Faults {
  const faults: Faults = {};
  for (const { path, message } of issues) {
    const [first = "", ...rest] = path.map(String);
    const field = FIELD_OF[first] ?? (isField(first) ? first : "turns");
    faults[field] ??= rest.length > 0 ? `${rest.join(".")}: ${message}` : message;
  }
  return faults;
}

export type Read = { readonly request: Omit<ChatRequest, "model"> } | { readonly faults: Faults };

export function readSetup(setup: Setup): Read {
  const json: Record<"schema" | "tools", unknown> = { schema: undefined, tools: undefined };
  for (const field of ["schema", "tools"] as const) {
    try {
      json[field] = readJson(setup[field]);
    } catch (error) {
      return { faults: { [field]: error instanceof Error ? error.message : String(error) } };
    }
  }
  if (setup.turns.at(-1)?.text.trim() === "") return { faults: { turns: "Write what is to be answered." } };
  const parsed = ChatRequest.safeParse(requestOf(setup, json));
  if (!parsed.success) return { faults: faultsOf(parsed.error.issues) };
  const { model: _, ...request } = parsed.data;
  return { request };
}

/** One line of a training file: what was asked, with this answer to it. */
export function exampleOf(request: Omit<ChatRequest, "model">, answer: Answer, text: string): string {
  const calls = answer.calls.map(({ id, name, arguments: written }) => ({
    id,
    type: "function",
    function: { name, arguments: written },
  }));
  const content = text === "" && calls.length > 0 ? {} : { content: text };
  const message = { role: "assistant", ...content, ...(calls.length > 0 ? { tool_calls: calls } : {}) };
  const tools = request.tools?.length ? { tools: request.tools } : {};
  return JSON.stringify({ messages: [...request.messages, message], ...tools });
}
