import { EngineChunk } from "../../contract/chat.ts";
import { createEventReader, dataOf, type EventForm } from "../platform/event-reader.ts";

/** `event`: as the engine wrote it. */
export type ReadChunk = { readonly chunk: EngineChunk; readonly event: string };

/** What an engine says instead of a piece when it fails is none. */
export function chunkOf(data: string): EngineChunk | null {
  try {
    return EngineChunk.parse(JSON.parse(data));
  } catch {
    return null;
  }
}

/** Reads what an engine streams, piece by piece, as far as it has come. */
export function createChunkReader() {
  const events = createEventReader();
  let hasAnswered = false;
  let end: "done" | "error" | null = null;

  function nextSaid(): { readonly event: string; readonly data: string } | null {
    for (let event = events.next(); event !== null; event = events.next()) {
      const data = dataOf(event);
      if (data !== null) return { event, data };
    }
    return null;
  }

  return {
    feed: events.feed,
    /** The text of a piece written in this form, as JSON writes it; null leaves it to `next`. */
    nextLike: (form: EventForm): string | null => (end ? null : events.nextLike(form)),
    next(): ReadChunk | null {
      const said = end ? null : nextSaid();
      if (said === null) return null;
      const chunk = said.data === "[DONE]" ? null : chunkOf(said.data);
      if (chunk === null) end = said.data === "[DONE]" ? "done" : "error";
      hasAnswered ||= chunk !== null && chunk.choices.length > 0;
      return chunk && { chunk, event: said.event };
    },
    /** Throws where it went wrong; call it once what has been read is used. */
    isDone(): boolean {
      if (end === "error") throw new Error("The engine's stream ended with an error.");
      if (end === "done" && !hasAnswered) throw new Error("The engine's stream said nothing.");
      return end === "done";
    },
  };
}

export const brokeOff = () => new Error("The engine's stream ended before it was done.");

/** What an engine streams, piece by piece; a stream that breaks off, or that says nothing, is an error. */
export async function* engineChunks(source: AsyncIterable<Uint8Array>): AsyncGenerator<EngineChunk> {
  const reader = createChunkReader();
  for await (const bytes of source) {
    reader.feed(bytes);
    for (let read = reader.next(); read !== null; read = reader.next()) yield read.chunk;
    if (reader.isDone()) return;
  }
  throw brokeOff();
}
