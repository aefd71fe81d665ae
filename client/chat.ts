import { z } from "zod";
import { type ChatRequest, EngineChunk, type ToolCallDelta } from "../contract/chat.ts";
import { ErrorBody } from "../contract/errors.ts";
import { ApiError, ConnectionError } from "./errors.ts";
import { readEventData } from "./event-stream.ts";
import type { Transport } from "./transport.ts";

/** What is relied on; everything else of the answer is kept as it came. */
export const ChatCompletion = z.looseObject({
  id: z.string(),
  object: z.literal("chat.completion"),
  model: z.string(),
  choices: z.array(
    z.looseObject({
      finish_reason: z.string(),
      message: z.looseObject({ role: z.literal("assistant"), content: z.string().nullable() }),
    }),
  ),
});
export type ChatCompletion = z.infer<typeof ChatCompletion>;

type Ask = Omit<ChatRequest, "stream" | "stream_options">;

export type ChatUsage = NonNullable<EngineChunk["usage"]>;

/** What one event of a streamed answer adds. */
export type ChatPiece = {
  readonly text: string;
  readonly toolCalls: readonly ToolCallDelta[];
  readonly finishReason: string | null;
  /** In the last piece. */
  readonly usage: ChatUsage | null;
};

/** A stream that breaks off says so in an event of its own. */
function pieceOf(data: string): ChatPiece {
  const value: unknown = JSON.parse(data);
  const failed = ErrorBody.safeParse(value);
  if (failed.success) throw new ApiError(503, failed.data.error.message, failed.data.error);
  const { choices, usage } = EngineChunk.parse(value);
  const [choice] = choices;
  return {
    text: choice?.delta.content ?? "",
    toolCalls: choice?.delta.tool_calls ?? [],
    finishReason: choice?.finish_reason ?? null,
    usage: usage ?? null,
  };
}

export function createChat({ call, open }: Transport) {
  const path = "/chat/completions";

  async function* read(request: ChatRequest, signal?: AbortSignal): AsyncGenerator<ChatPiece> {
    const json = { ...request, stream: true };
    const { body } = await open(path, { method: "POST", json, ...(signal ? { signal } : {}) });
    if (!body) throw new ConnectionError("The server's answer is empty.");
    for await (const data of readEventData(body)) {
      if (data === "[DONE]") return;
      yield pieceOf(data);
    }
    throw new ConnectionError("The answer broke off before its end. Ask again.");
  }

  return {
    complete: (request: Ask, signal?: AbortSignal) =>
      call(ChatCompletion, path, { method: "POST", json: request, ...(signal ? { signal } : {}) }),

    /** The answer as it is made: text, tool calls, why it ended, and at last the tokens used. */
    pieces: (request: Ask, signal?: AbortSignal): AsyncGenerator<ChatPiece> =>
      read({ ...request, stream_options: { include_usage: true } }, signal),

    /** The answer's text, piece by piece. */
    async *stream(request: Ask, signal?: AbortSignal): AsyncGenerator<string> {
      for await (const { text } of read(request, signal)) if (text !== "") yield text;
    },
  };
}
