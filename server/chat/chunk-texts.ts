import type { EngineChunk } from "../../contract/chat.ts";
import { endOfString } from "../../contract/json-depth.ts";
import { brokeOff, chunkOf, createChunkReader, type ReadChunk } from "../generation/engine-chunks.ts";
import { dataOf, type EventForm } from "../platform/event-reader.ts";
import { eventOf } from "../platform/event-stream.ts";

export type ChunkTextNeeds = {
  /** OpenAI's chunk of an engine's. */
  readonly present: (chunk: EngineChunk) => object;
  /** A piece of the answer. */
  readonly onPiece: () => void;
  /** Told of all pieces, or of those that are not like the one before. */
  readonly onChunk: (chunk: EngineChunk) => void;
  readonly wantsAll: boolean;
};

/** An event as an engine writes it, and as the caller gets it: only one text in it is another each time. */
type Form = { readonly from: EventForm; readonly to: EventForm };

const OPENING = '"content":"';
const PROBE = "~a text of its own~";
/** Forms learned one after the other that no piece was like. */
const MOST_IN_VAIN = 8;

function splitAt(text: string, probe: string): EventForm | null {
  const [before, after, ...more] = text.split(probe);
  return before === undefined || after === undefined || more.length > 0 ? null : { before, after };
}

/** The event with another text in the place of its only content; null: there is none, or more than one. */
function probed(event: string): string | null {
  const from = event.indexOf(OPENING) + OPENING.length;
  if (from < OPENING.length || event.includes(OPENING, from) || event.includes(PROBE)) return null;
  return event.slice(0, from) + PROBE + event.slice(endOfString(event, from));
}

/**
 * What pieces have in common with this one, which is presented anew with another text in its place: whatever JSON text
 * stands there comes out as that one does. Null: it does not, or there is more in it than text.
 */
function learnForm({ event }: ReadChunk, present: ChunkTextNeeds["present"]): Form | null {
  const other = probed(event);
  const chunk = other && chunkOf(dataOf(other) ?? "");
  if (!other || !chunk || chunk.usage || chunk.choices.length === 0) return null;
  const from = splitAt(other, PROBE);
  const to = splitAt(eventOf(present(chunk)), PROBE);
  return from && to && { from, to };
}

/**
 * The text of the events for the caller, from what an engine streams. Nearly all pieces of an answer differ in their text
 * alone: those pass without being parsed and written anew.
 */
export function createChunkTexts({ present, onPiece, onChunk, wantsAll }: ChunkTextNeeds) {
  const reader = createChunkReader();
  let form: Form | null = null;
  let inVain = 0;

  function nextAlike(): string | null {
    const text = form && reader.nextLike(form.from);
    if (!form || text === null) return null;
    onPiece();
    inVain = 0;
    return form.to.before + text + form.to.after;
  }

  function learn(read: ReadChunk): void {
    if (wantsAll || inVain >= MOST_IN_VAIN) return;
    form = learnForm(read, present);
    if (form) inVain += 1;
  }

  function nextOther(): string | null {
    const read = reader.next();
    if (read === null) return null;
    onChunk(read.chunk);
    if (read.chunk.choices.length === 0) return "";
    onPiece();
    learn(read);
    return eventOf(present(read.chunk));
  }

  return {
    /** null: nothing has come whole. */
    take(bytes: Uint8Array): string | null {
      reader.feed(bytes);
      let all: string | null = null;
      for (;;) {
        const text = nextAlike() ?? nextOther();
        if (text === null) return all;
        all = (all ?? "") + text;
      }
    },
    isDone: reader.isDone,
  };
}

/** The same as they come, as many together as came together; a stream that breaks off, or that says nothing, is an error. */
export async function* chunkTexts(
  source: AsyncIterable<Uint8Array>,
  needs: ChunkTextNeeds,
): AsyncGenerator<string> {
  const texts = createChunkTexts(needs);
  for await (const bytes of source) {
    const text = texts.take(bytes);
    if (text !== null) yield text;
    if (texts.isDone()) return;
  }
  throw brokeOff();
}
