import type { IncomingMessage } from "node:http";
import { z } from "zod";
import { readEventData } from "../../platform/event-stream.ts";
import { assembleCompletion, CompletionChunk } from "../assemble-completion.ts";
import type { EngineReply } from "../engine.ts";
import { connectionFailure } from "../engine-http.ts";
import { startStream, whenEnded } from "../started-stream.ts";
import { olderEvents } from "./text.ts";
import { toolCallEvents } from "./tool-call-events.ts";
import type { ToolCallReader } from "./tool-call-reader.ts";

const DONE = "[DONE]";

/** llama.cpp's error, in place of a chunk: the status it would have been, had the answer not begun. */
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

// llama.cpp notices a closed connection only by writing to it: asked to report its progress, it writes once a batch,
// and so stops reading a long prompt that nobody waits for.
const isProgress = (data: string) => data.includes('"prompt_progress":');

async function* answerData(response: IncomingMessage, signal: AbortSignal): AsyncGenerator<string> {
  try {
    for await (const data of readEventData(response)) {
      if (isProgress(data)) continue;
      assertNoError(data);
      yield data;
      if (data === DONE) return;
    }
  } catch (cause) {
    throw cause instanceof AnsweredError ? cause : connectionFailure(cause, signal);
  }
  throw connectionFailure(new Error("The answer broke off."), signal);
}

/** The same events without the likeliest other tokens. */
async function* withoutTop(events: AsyncIterable<string>): AsyncGenerator<string> {
  const isTop = (key: string) => key === "top_logprobs";
  for await (const data of events) {
    const hasTop = data.includes('"top_logprobs":');
    yield hasTop ? JSON.stringify(JSON.parse(data, (key, value) => (isTop(key) ? [] : value))) : data;
  }
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

type Options = {
  readonly isStreamed: boolean;
  readonly signal: AbortSignal;
  /** Where the calls of tools stand in the text. */
  readonly reader: ToolCallReader | null;
  /** Only the tokens themselves were asked for; llama.cpp tells nothing without at least one more. */
  readonly lacksTop: boolean;
};

/** What llama.cpp streamed, as the caller wants it: streamed, or whole. Begun at least, so its status is known. */
export async function chatAnswer(
  response: IncomingMessage,
  { isStreamed, signal, reader, lacksTop }: Options,
): Promise<EngineReply> {
  if (response.statusCode !== 200) return { status: response.statusCode ?? 500, body: response };
  try {
    const data = answerData(response, signal);
    const written = lacksTop ? withoutTop(data) : data;
    const events = await startStream(reader ? toolCallEvents(written, reader) : written);
    // Destroyed even if the body is dropped unread: else the engine would write into it until it is full.
    if (isStreamed) return { status: 200, body: whenEnded(encoded(events), () => response.destroy()) };
    return { status: 200, body: once(await assembled(events)) };
  } catch (error) {
    if (error instanceof AnsweredError) return { status: error.status, body: once(error.data) };
    throw error;
  }
}

/** What llama.cpp streams for a prompt without a template. */
export async function textAnswer(
  response: IncomingMessage,
  top: number | null,
  signal: AbortSignal,
): Promise<EngineReply> {
  if (response.statusCode !== 200) return { status: response.statusCode ?? 500, body: response };
  try {
    const data = answerData(response, signal);
    const events = await startStream(top === null ? data : olderEvents(data, top));
    return { status: 200, body: whenEnded(encoded(events), () => response.destroy()) };
  } catch (error) {
    if (error instanceof AnsweredError) return { status: error.status, body: once(error.data) };
    throw error;
  }
}
