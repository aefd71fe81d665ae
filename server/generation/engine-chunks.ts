import { EngineChunk } from "../../contract/chat.ts";
import { readEventData } from "../platform/event-stream.ts";

/** What an engine streams, piece by piece; a stream that breaks off, or that says nothing, is an error. */
export async function* engineChunks(source: AsyncIterable<Uint8Array>): AsyncGenerator<EngineChunk> {
  let hasAnswered = false;
  for await (const data of readEventData(source)) {
    if (data === "[DONE]" && hasAnswered) return;
    if (data === "[DONE]") break;
    const parsed = EngineChunk.safeParse(JSON.parse(data));
    if (!parsed.success) throw new Error("The engine's stream ended with an error.");
    hasAnswered ||= parsed.data.choices.length > 0;
    yield parsed.data;
  }
  throw new Error("The engine's stream ended before it was done.");
}
