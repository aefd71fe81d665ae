export const base64Length = (bytes: number): number => 4 * Math.ceil(bytes / 3);

/** The bytes as base64 text, chunk by chunk; three bytes are four letters, so what is over waits for the next chunk. */
export function toBase64(source: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  let rest = Buffer.alloc(0);
  const encode = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      const bytes = Buffer.concat([rest, chunk]);
      const whole = bytes.length - (bytes.length % 3);
      rest = bytes.subarray(whole);
      if (whole > 0) controller.enqueue(Buffer.from(bytes.subarray(0, whole).toString("base64")));
    },
    flush(controller) {
      if (rest.length > 0) controller.enqueue(Buffer.from(rest.toString("base64")));
    },
  });
  return source.pipeThrough(encode);
}
