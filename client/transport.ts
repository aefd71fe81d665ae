import type { z } from "zod";
import { ErrorBody } from "../contract/errors.ts";
import { KeyText } from "../contract/keys.ts";
import { ApiError, ConnectionError } from "./errors.ts";

export type Connection = {
  /** With or without `/v1` at the end. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly fetch?: typeof fetch;
};

export type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

type Request = {
  readonly method?: "GET" | "POST" | "DELETE";
  readonly query?: Query;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly body?: Blob | ReadableStream<Uint8Array>;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
};

export const withoutVersion = (url: string): string => url.replace(/\/+$/, "").replace(/\/v1$/, "");

function urlOf(base: string, path: string, query: Query = {}): URL {
  const url = new URL(`${base}/v1${path}`);
  for (const [name, value] of Object.entries(query)) {
    if (Array.isArray(value)) for (const one of value) url.searchParams.append(`${name}[]`, one);
    else if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url;
}

const decodeJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const wasAborted = (error: unknown) => error instanceof Error && error.name === "AbortError";

function isRefused(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && "code" in cause && cause.code === "ECONNREFUSED";
}

/** fetch says only "fetch failed"; its cause says why. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.cause.name : error.message;
}

export function createTransport({ baseUrl, apiKey, fetch: send = fetch }: Connection) {
  const base = withoutVersion(baseUrl);

  function unreachable(cause: unknown): ConnectionError {
    if (isRefused(cause)) {
      const text = `No Perennial server answers at ${base}. Start one with \`npm start\`.`;
      return new ConnectionError(text, { cause });
    }
    return new ConnectionError(`${base} cannot be reached: ${reasonOf(cause)}.`, { cause });
  }

  const notOurs = (status: number) =>
    new ConnectionError(`What answers at ${base} is not a Perennial server (HTTP status ${status}).`);

  async function textOf(response: Response): Promise<string> {
    try {
      return await response.text();
    } catch (error) {
      if (wasAborted(error)) throw error;
      throw new ConnectionError(`The answer of ${base} broke off: ${reasonOf(error)}.`, { cause: error });
    }
  }

  async function errorOf(response: Response): Promise<Error> {
    const parsed = ErrorBody.safeParse(decodeJson(await textOf(response)));
    if (!parsed.success) return notOurs(response.status);
    const { message, code, param } = parsed.data.error;
    return new ApiError(response.status, message, {
      code,
      param,
      requestId: response.headers.get("x-request-id"),
    });
  }

  /** The successful answer, its body unread; anything else is thrown. */
  async function open(path: string, { method = "GET", query, json, body, headers, signal }: Request = {}) {
    // fetch would refuse the header too, in a message that holds the key.
    if (apiKey !== "" && !KeyText.safeParse(apiKey).success)
      throw new ConnectionError("The API key holds characters that no key has.");
    const content = json === undefined ? {} : { "content-type": "application/json" };
    const init = {
      method,
      headers: { authorization: `Bearer ${apiKey}`, ...content, ...headers },
      body: json === undefined ? (body ?? null) : JSON.stringify(json),
      signal: signal ?? null,
      // fetch demands it for a body that is a stream, and ignores it otherwise.
      duplex: "half" as const,
    };
    const response = await send(urlOf(base, path, query), init).catch((error: unknown) => {
      throw wasAborted(error) ? error : unreachable(error);
    });
    if (!response.ok) throw await errorOf(response);
    return response;
  }

  /** The answer as its schema reads it. */
  async function call<Schema extends z.ZodType>(
    schema: Schema,
    path: string,
    request: Request = {},
  ): Promise<z.output<Schema>> {
    const response = await open(path, request);
    const parsed = schema.safeParse(decodeJson(await textOf(response)));
    if (!parsed.success) throw notOurs(response.status);
    return parsed.data;
  }

  return { open, call };
}
export type Transport = ReturnType<typeof createTransport>;
