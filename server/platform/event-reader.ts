/** An event that grows beyond it is no answer to wait for. */
const MOST_PENDING = 16 * 1024 * 1024;

const ASCII_END = 0x80;
const QUOTE = 34;
const BACKSLASH = 92;
const SPACE = 32;
/** What JSON writes behind a backslash and would write so again; not `\/` and `\u0041`, which have a shorter form. */
const kept = new Set(Array.from('"\\bfnrt', (one) => one.charCodeAt(0)));

/** Text of which lines end in "\n" alone; a "\r" at the end waits for what follows. */
function createTextReader() {
  const decoder = new TextDecoder();
  let isInCharacter = true; // At first there may be a byte order mark.
  let held = "";

  /** A decoder that remembers is slower by far, and needed only where a character may have been cut. */
  function decoded(piece: Uint8Array): string {
    const wasInCharacter = isInCharacter;
    isInCharacter = (piece.at(-1) ?? ASCII_END) >= ASCII_END;
    if (wasInCharacter || isInCharacter) return decoder.decode(piece, { stream: true });
    return Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString();
  }

  return (piece: Uint8Array): string => {
    const text = held + decoded(piece);
    held = "";
    if (!text.includes("\r")) return text;
    if (text.endsWith("\r")) held = "\r";
    return text.slice(0, text.length - held.length).replaceAll(/\r\n?/g, "\n");
  };
}

/** Where JSON's text that begins here has its closing quote; -1: it is not here, or JSON would write the text otherwise. */
function closingQuote(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code < SPACE) return -1;
    if (code !== BACKSLASH) continue;
    at += 1;
    if (!kept.has(text.charCodeAt(at))) return -1;
  }
  return -1;
}

/** How an event is written but for one text in its JSON. */
export type EventForm = { readonly before: string; readonly after: string };

/** Server-sent events from bytes as they come (WHATWG HTML, section 9.2); each with the blank line that ends it. */
export function createEventReader() {
  const read = createTextReader();
  let text = "";
  let at = 0;

  return {
    feed(piece: Uint8Array): void {
      const more = read(piece);
      text = at === text.length ? more : text.slice(at) + more;
      at = 0;
    },

    /** null: it has not come whole. */
    next(): string | null {
      const end = text.indexOf("\n\n", at);
      if (end < 0 && text.length - at > MOST_PENDING) throw new Error("An event is larger than 16 MB.");
      if (end < 0) return null;
      const event = text.slice(at, end + 2);
      at = end + 2;
      return event;
    },

    /** The text in the next event, as JSON writes it, where the event is in this form; null leaves it to `next`. */
    nextLike({ before, after }: EventForm): string | null {
      // Compared as slices: V8's `startsWith` takes five times as long.
      const from = at + before.length;
      if (text.slice(at, from) !== before) return null;
      const to = closingQuote(text, from);
      if (to < 0 || text.slice(to, to + after.length) !== after) return null;
      at = to + after.length;
      return text.slice(from, to);
    },
  };
}

/** What an event says; null: nothing. */
export function dataOf(event: string): string | null {
  const whole = event.slice(0, -2);
  if (whole.startsWith("data: ") && !whole.includes("\n")) return whole.slice(6);
  const lines = whole.split("\n").filter((line) => line.startsWith("data:"));
  return lines.length === 0 ? null : lines.map((line) => line.slice(5).trimStart()).join("\n");
}

/** The `data:` of events in order. */
export async function* readEventData(source: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const reader = createEventReader();
  for await (const piece of source) {
    reader.feed(piece);
    for (let event = reader.next(); event !== null; event = reader.next()) {
      const data = dataOf(event);
      if (data !== null) yield data;
    }
  }
}
