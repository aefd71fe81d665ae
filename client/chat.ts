import { z } from "zod";
import { type ChatRequest, EngineChunk } from "../contract/chat.ts";
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

/** One event's text; a stream that breaks off says so in an event of its own. */
function textOf(data: string): string {
  const value: unknown = JSON.parse(data);
  const failed = ErrorBody.safeParse(value);
  if (failed.success) throw new ApiError(503, failed.data.error.message, failed.data.error);
  return EngineChunk.parse(value).choices[0]?.delta.content ?? "";
}

export function createChat({ call, open }: Transport) {
  const path = "/chat/completions";

  return {
    complete: (request: Ask, signal?: AbortSignal) =>
      call(ChatCompletion, path, { method: "POST", json: request, ...(signal ? { signal } : {}) }),

    /** The answer's text, piece by piece. */
    async *stream(request: Ask, signal?: AbortSignal): AsyncGenerator<string> {
      const json = { ...request, stream: true };
      const { body } = await open(path, { method: "POST", json, ...(signal ? { signal } : {}) });
      if (!body) throw new ConnectionError("The server's answer is empty.");
      for await (const data of readEventData(body)) {
        if (data === "[DONE]") return;
        const text = textOf(data);
        if (text !== "") yield text;
      }
      throw new ConnectionError("The answer broke off before its end. Ask again.");
    },
  };
}
