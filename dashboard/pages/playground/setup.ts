import { type ChatMessage, ChatRequest } from "../../../contract/chat.ts";
import { modelOf } from "../../ui/address.ts";
import type { Answer, Call } from "./answer.ts";
import type { Prices } from "./cost.ts";

export type Turn = {
  readonly key: number;
  readonly role: "user" | "assistant" | "tool";
  readonly text: string;
  /** What an assistant called. */
  readonly calls?: readonly Call[];
  /** The call that a tool answers. */
  readonly call?: Call;
};

/** What is asked and how, as it stands in the fields. */
export type Setup = Prices & {
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

/** Longer ones make addresses that not every chat or mail carries. */
const LONGEST = { prompt: 1000, json: 1500 } as const;
export const PRICES = ["price_in", "price_out"] as const;

const isPromptShort = ({ system, turns }: Setup): boolean =>
  turns.length === 1 && `${system}${turns[0]?.text}`.length <= LONGEST.prompt;
const isJsonShort = ({ schema, tools }: Setup): boolean => `${schema}${tools}`.length <= LONGEST.json;

/** As the address holds it; "" for what is not given or too long. */
export function toQuery(setup: Setup): Record<string, string> {
  const [isShort, hasJson] = [isPromptShort(setup), isJsonShort(setup)];
  return {
    system: isShort ? setup.system : "",
    prompt: isShort ? (setup.turns[0]?.text ?? "") : "",
    schema: hasJson ? setup.schema : "",
    tools: hasJson ? setup.tools : "",
    ...Object.fromEntries([...NUMBERS, ...PRICES].map((name) => [name, setup[name]])),
  };
}

/** What a link to this page would lack. */
export function leftOut(setup: Setup): string {
  const parts = [
    isPromptShort(setup) ? "" : "the conversation",
    isJsonShort(setup) || setup.schema === "" ? "" : "the schema",
    isJsonShort(setup) || setup.tools === "" ? "" : "the tools",
  ];
  return parts.filter((part) => part !== "").join(" and ");
}

export const fromQuery = (query: URLSearchParams): Setup => ({
  system: query.get("system") ?? "",
  turns: [{ key: 0, role: "user", text: query.get("prompt") ?? "" }],
  temperature: query.get("temperature") ?? "",
  top_p: query.get("top_p") ?? "",
  max_tokens: query.get("max_tokens") ?? "256",
  seed: query.get("seed") ?? "",
  schema: query.get("schema") ?? "",
  tools: query.get("tools") ?? "",
  price_in: query.get("price_in") ?? "",
  price_out: query.get("price_out") ?? "",
});

function readJson(text: string): unknown {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`This is not JSON: ${error instanceof Error ? error.message : error}`);
  }
}

const callsOf = (calls: readonly Call[]) =>
  calls.map(({ id, name, arguments: written }) => ({
    id,
    type: "function" as const,
    function: { name, arguments: written },
  }));

function messageOf({ role, text, calls = [], call }: Turn): ChatMessage {
  if (role === "tool") return { role, content: text, tool_call_id: call?.id ?? "" };
  if (calls.length === 0) return { role, content: text };
  return { role: "assistant", content: text === "" ? null : text, tool_calls: callsOf(calls) };
}

export const messagesOf = ({ system, turns }: Setup): ChatMessage[] => [
  ...(system.trim() === "" ? [] : [{ role: "system" as const, content: system }]),
  ...turns.map(messageOf),
];

const numberOf = (text: string) => (text.trim() === "" ? {} : { value: Number(text) });
const MODEL = "any";

/** Not strict: a schema that is tried out need not say all that OpenAI demands of those. */
const formatOf = (schema: unknown) => ({ type: "json_schema", json_schema: { name: "answer", schema } });

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
  const last = setup.turns.at(-1);
  if (last?.text.trim() === "") {
    const turns = last.role === "tool" ? "Write what the tool gave back." : "Write what is to be answered.";
    return { faults: { turns } };
  }
  const parsed = ChatRequest.safeParse(requestOf(setup, json));
  if (!parsed.success) return { faults: faultsOf(parsed.error.issues) };
  const { model: _, ...request } = parsed.data;
  return { request };
}

/** One line of a training file: what was asked, with this answer to it. */
export function exampleOf(request: Omit<ChatRequest, "model">, answer: Answer, text: string): string {
  const calls = callsOf(answer.calls);
  const content = text === "" && calls.length > 0 ? {} : { content: text };
  const message = { role: "assistant", ...content, ...(calls.length > 0 ? { tool_calls: calls } : {}) };
  const tools = request.tools?.length ? { tools: request.tools } : {};
  return JSON.stringify({ messages: [...request.messages, message], ...tools });
}
