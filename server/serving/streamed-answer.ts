import type { IncomingMessage } from "node:http";
import { z } from "zod";
import { readEventData } from "../platform/event-reader.ts";
import { assembleCompletion, CompletionChunk } from "./assemble-completion.ts";
import type { EngineReply } from "./engine.ts";
import { connectionFailure } from "./engine-http.ts";
import { startStream, whenEnded } from "./started-stream.ts";

const DONE = "[DONE]";

/** An engine's error, in place of a chunk: the status it would have been, had the answer not begun. */
class AnsweredError extends Error {
  readonly status: number;
  readonly data: string;

  constructor(status: number, data: string) {
    super("The engine ended its answer with an error.");
    this.status = status;
    this.data = data;
  }
}

const ErrorEvent = z.object({ error: z.looseObject({ code: z.int().default(500) }) });

function assertNoError(data: string): void {
  if (!data.startsWith('{"error":')) return;
  const { error } = ErrorEvent.parse(JSON.parse(data));
  throw new AnsweredError(error.code, data);
}

/** Turns the data of an engine's events into what the caller is to read. */
type Rewrite = (events: AsyncGenerator<string>) => AsyncGenerator<string>;

type Options = {
  readonly isStreamed: boolean;
  readonly signal: AbortSignal;
  readonly rewrite: Rewrite;
  /** What is no part of the answer. */
  readonly skips?: (data: string) => boolean;
};

async function* answerData(
  response: IncomingMessage,
  { signal, skips }: Pick<Options, "signal" | "skips">,
): AsyncGenerator<string> {
  try {
    for await (const data of readEventData(response)) {
      if (skips?.(data)) continue;
      assertNoError(data);
      yield data;
      if (data === DONE) return;
    }
  } catch (cause) {
    throw cause instanceof AnsweredError ? cause : connectionFailure(cause, signal);
  }
  throw connectionFailure(new Error("The answer broke off."), signal);
}

async function* encoded(events: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  for await (const data of events) yield Buffer.from(`data: ${data}\n\n`);
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

async function assembled(events: AsyncIterable<string>): Promise<string> {
  const chunks: CompletionChunk[] = [];
  for await (const data of events) {
    if (data !== DONE) chunks.push(CompletionChunk.parse(JSON.parse(data)));
  }
  return JSON.stringify(assembleCompletion(chunks));
}

/** What an engine streamed, as the caller wants it: streamed, or whole. Begun at least, so its status is known. */
export async function streamedAnswer(
  response: IncomingMessage,
  { isStreamed, rewrite, ...reading }: Options,
): Promise<EngineReply> {
  if (response.statusCode !== 200) return { status: response.statusCode ?? 500, body: response };
  try {
    const events = await startStream(rewrite(answerData(response, reading)));
    // Destroyed even if the body is dropped unread: else the engine would write into it until it is full.
    if (isStreamed) return { status: 200, body: whenEnded(encoded(events), () => response.destroy()) };
    return { status: 200, body: once(await assembled(events)) };
  } catch (error) {
    if (error instanceof AnsweredError) return { status: error.status, body: once(error.data) };
    throw error;
  }
}

type RefusedError = {
  readonly message: string;
  readonly type?: string;
  readonly param?: string | null;
  readonly n_prompt_tokens?: number;
  readonly n_ctx?: number;
};

/** As llama.cpp refuses a request. */
export const refusedAnswer = (error: RefusedError): EngineReply => ({
  status: 400,
  body: once(JSON.stringify({ error: { type: "invalid_request_error", ...error } })),
});
