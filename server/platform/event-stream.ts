const decoder = new TextDecoder();

/** The `data:` of each server-sent event, in order (WHATWG HTML, section 9.2). */
export async function* readEventData(source: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let pending = Buffer.alloc(0);
  for await (const chunk of source) {
    pending = pending.length === 0 ? Buffer.from(chunk) : Buffer.concat([pending, chunk]);
    let from = 0;
    for (let end = pending.indexOf("\n\n"); end !== -1; end = pending.indexOf("\n\n", from)) {
      const data = dataOf(decoder.decode(pending.subarray(from, end)));
      from = end + 2;
      if (data !== null) yield data;
    }
    pending = pending.subarray(from);
  }
}

function dataOf(event: string): string | null {
  const lines = event.split("\n").filter((line) => line.startsWith("data:"));
  return lines.length === 0 ? null : lines.map((line) => line.slice(5).trimStart()).join("\n");
}

const encoder = new TextEncoder();

/** One server-sent event that carries JSON. */
export const eventOf = (data: unknown): Uint8Array => encoder.encode(`data: ${JSON.stringify(data)}\n\n`);

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
