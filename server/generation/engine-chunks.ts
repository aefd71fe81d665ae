import { EngineChunk } from "../../contract/chat.ts";
import { readEventBatches } from "../platform/event-stream.ts";

const hasChoices = ({ choices }: EngineChunk) => choices.length > 0;

/** null: what an engine says instead of a piece, when it fails. */
function chunkOf(data: string): EngineChunk | null {
  const parsed = EngineChunk.safeParse(JSON.parse(data));
  return parsed.success ? parsed.data : null;
}

type Read = { readonly chunks: EngineChunk[]; readonly end: "none" | "done" | "error" };

/** The pieces up to the end, where it is among them. */
function readBatch(batch: readonly string[]): Read {
  const chunks: EngineChunk[] = [];
  for (const data of batch) {
    if (data === "[DONE]") return { chunks, end: "done" };
    const chunk = chunkOf(data);
    if (!chunk) return { chunks, end: "error" };
    chunks.push(chunk);
  }
  return { chunks, end: "none" };
}

/**
 * What an engine streams, as many pieces together as came together; a stream that breaks off, or that says nothing, is
 * an error.
 */
export async function* engineChunkBatches(source: AsyncIterable<Uint8Array>): AsyncGenerator<EngineChunk[]> {
  let hasAnswered = false;
  for await (const batch of readEventBatches(source)) {
    const { chunks, end } = readBatch(batch);
    hasAnswered ||= chunks.some(hasChoices);
    if (chunks.length > 0) yield chunks;
    if (end === "error") throw new Error("The engine's stream ended with an error.");
    if (end === "done" && hasAnswered) return;
    if (end === "done") break;
  }
  throw new Error("The engine's stream ended before it was done.");
}

/** The same, piece by piece. */
export async function* engineChunks(source: AsyncIterable<Uint8Array>): AsyncGenerator<EngineChunk> {
  for await (const batch of engineChunkBatches(source)) yield* batch;
}
