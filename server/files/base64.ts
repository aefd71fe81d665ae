export const base64Length = (bytes: number): number => 4 * Math.ceil(bytes / 3);

/**
 * The bytes as base64 text, chunk by chunk; three bytes are four letters, so what is over waits for the next chunk.
 * Like its source it opens nothing until it is read.
 */
export function toBase64(source: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  let rest: Buffer = Buffer.alloc(0);

  /** Letters of at least one chunk; null: the end. */
  async function nextText(): Promise<string | null> {
    for (;;) {
      const { done, value } = await reader.read();
      const bytes = done ? rest : Buffer.concat([rest, value]);
      const whole = done ? bytes.length : bytes.length - (bytes.length % 3);
      rest = bytes.subarray(whole);
      if (whole > 0) return bytes.toString("base64", 0, whole);
      if (done) return null;
    }
  }

  return new ReadableStream(
    {
      async pull(controller) {
        const text = await nextText();
        if (text === null) controller.close();
        else controller.enqueue(Buffer.from(text));
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
