import type { z } from "zod";
import { DASHBOARD_HEADER, PROJECT_HEADER } from "../contract/dashboard.ts";
import { ErrorBody } from "../contract/errors.ts";
import { KeyText } from "../contract/keys.ts";
import { ApiError, ConnectionError } from "./errors.ts";
import { type Progress, STREAMED, sendCounted } from "./progress.ts";

export type KeyConnection = {
  /** With or without `/v1` at the end. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly fetch?: typeof fetch;
};

/** From the dashboard's own page: the browser sends the cookie, which no script can read. */
export type DashboardConnection = {
  /** "": the server that the page came from. */
  readonly baseUrl: string;
  readonly apiKey?: undefined;
  /** In which project an admin acts; null: in none. */
  readonly project: string | null;
  readonly fetch?: typeof fetch;
};

export type Connection = KeyConnection | DashboardConnection;

export type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

type Request = {
  /** What the path begins with. */
  readonly root?: "/v1" | "/dashboard";
  readonly method?: "GET" | "POST" | "DELETE";
  readonly query?: Query;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly body?: Blob | ReadableStream<Uint8Array>;
  /** Told how much of a body in one piece has been sent. */
  readonly onProgress?: Progress | undefined;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
};

export const withoutVersion = (url: string): string => url.replace(/\/+$/, "").replace(/\/v1$/, "");

/** Relative to the page where the base is "". */
function urlOf(base: string, path: string, query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (Array.isArray(value)) for (const one of value) params.append(`${name}[]`, one);
    else if (value !== undefined) params.set(name, String(value));
  }
  const asked = params.toString();
  return `${base}${path}${asked === "" ? "" : `?${asked}`}`;
}

function credentialsOf(connection: Connection): Record<string, string> {
  const { apiKey } = connection;
  if (apiKey === undefined) {
    const { project } = connection;
    return { [DASHBOARD_HEADER]: "1", ...(project === null ? {} : { [PROJECT_HEADER]: project }) };
  }
  // fetch would refuse the header too, in a message that holds the key.
  if (apiKey !== "" && !KeyText.safeParse(apiKey).success)
    throw new ConnectionError("The API key holds characters that no key has.");
  return { authorization: `Bearer ${apiKey}` };
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

export function createTransport(connection: Connection) {
  const { baseUrl, fetch: send = fetch } = connection;
  const base = withoutVersion(baseUrl);
  const server = base === "" ? "this page's server" : base;

  function unreachable(cause: unknown): ConnectionError {
    if (isRefused(cause)) {
      const text = `No Perennial server answers at ${server}. Start one with \`npm start\`.`;
      return new ConnectionError(text, { cause });
    }
    return new ConnectionError(`${server} cannot be reached: ${reasonOf(cause)}.`, { cause });
  }

  const notOurs = (status: number) =>
    new ConnectionError(`What answers at ${server} is not a Perennial server (HTTP status ${status}).`);

  async function textOf(response: Response): Promise<string> {
    try {
      return await response.text();
    } catch (error) {
      if (wasAborted(error)) throw error;
      throw new ConnectionError(`The answer of ${server} broke off: ${reasonOf(error)}.`, { cause: error });
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

  async function sendOut(path: string, request: Request): Promise<Response> {
    const { root = "/v1", method = "GET", query, json, body, onProgress, headers, signal } = request;
    const content: Record<string, string> = json === undefined ? {} : { "content-type": "application/json" };
    const sent = {
      method,
      headers: { ...credentialsOf(connection), ...content, ...headers },
      signal: signal ?? null,
    };
    const url = urlOf(base, `${root}${path}`, query);
    if (onProgress && body instanceof Blob) return sendCounted(send, { ...sent, url, body }, onProgress);
    const whole = json === undefined ? (body ?? null) : JSON.stringify(json);
    return send(url, { ...sent, ...STREAMED, body: whole });
  }

  /** The successful answer, its body unread; anything else is thrown. */
  async function open(path: string, request: Request = {}): Promise<Response> {
    const response = await sendOut(path, request).catch((error: unknown) => {
      throw wasAborted(error) || error instanceof ConnectionError ? error : unreachable(error);
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
