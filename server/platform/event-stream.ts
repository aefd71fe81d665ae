/** An event that grows beyond it is no answer to wait for. */
const MOST_PENDING = 16 * 1024 * 1024;

/** Text of which lines end in "\n" alone; a "\r" at the end waits for what follows. */
function createLineReader() {
  const decoder = new TextDecoder();
  let held = "";
  return (piece: Uint8Array): string => {
    const text = held + decoder.decode(piece, { stream: true });
    held = "";
    if (!text.includes("\r")) return text;
    if (text.endsWith("\r")) held = "\r";
    return text.slice(0, text.length - held.length).replaceAll(/\r\n?/g, "\n");
  };
}

function dataOf(event: string): string | null {
  if (event.startsWith("data: ") && !event.includes("\n")) return event.slice(6);
  const lines = event.split("\n").filter((line) => line.startsWith("data:"));
  return lines.length === 0 ? null : lines.map((line) => line.slice(5).trimStart()).join("\n");
}

/** The `data:` of server-sent events in order, as many together as came together (WHATWG HTML, section 9.2). */
export async function* readEventBatches(source: AsyncIterable<Uint8Array>): AsyncGenerator<string[]> {
  const read = createLineReader();
  let pending = "";
  for await (const piece of source) {
    const events = (pending + read(piece)).split("\n\n");
    pending = events.pop() ?? "";
    if (pending.length > MOST_PENDING) throw new Error("An event is larger than 16 MB.");
    const batch = events.map(dataOf).filter((data) => data !== null);
    if (batch.length > 0) yield batch;
  }
}

/** The same, one by one. */
export async function* readEventData(source: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  for await (const batch of readEventBatches(source)) yield* batch;
}

const encoder = new TextEncoder();

const eventText = (data: unknown): string => `data: ${JSON.stringify(data)}\n\n`;

/** One server-sent event that carries JSON. */
export const eventOf = (data: unknown): Uint8Array => encoder.encode(eventText(data));

/** Several, one after the other: each write to a connection costs more than an event. */
export const eventsOf = (all: readonly unknown[]): Uint8Array => encoder.encode(all.map(eventText).join(""));

export const DONE_EVENT = encoder.encode("data: [DONE]\n\n");

/** Events that are read as data from other parts of the program: pulled as the client reads. */
export function streamOf(
  events: AsyncGenerator<Uint8Array>,
  onCancel: () => void,
): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await events.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      onCancel();
      await events.return(undefined);
    },
  });
}
