const DATA = "data:";

/** The `data` of each event of a `text/event-stream`, comments and other fields left out. */
export async function* eventData(source: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of source) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines.filter((line) => line.startsWith(DATA)).map((line) => line.slice(DATA.length).trim());
  }
}
