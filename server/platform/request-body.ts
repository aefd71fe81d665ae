import type { Context } from "hono";
import { Refusal } from "../../contract/errors.ts";

/** More than the largest file that one request may bring. */
const MOST_UNREAD_BYTES = 640 * 1024 * 1024;
const MOST_UNREAD_MS = 60_000;

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** Reads what is left and throws it away, up to a limit: whoever sends more, or for longer, may see a broken connection. */
async function readAway(reader: Reader): Promise<void> {
  const end = performance.now() + MOST_UNREAD_MS;
  try {
    for (let left = MOST_UNREAD_BYTES; left > 0 && performance.now() < end; ) {
      const { done, value } = await reader.read();
      if (done) return;
      left -= value.length;
    }
  } catch {
    // The client went away: there is nothing left to read.
  }
}

/** A client that is answered while it still sends sees a broken connection instead of the answer. */
export async function answerAfterBody(c: Context, next: () => Promise<void>): Promise<void> {
  await next();
  const request = c.req.raw;
  if (!request.bodyUsed && request.body && !request.body.locked) await readAway(request.body.getReader());
}

const MAX_BYTES = 32 * 1024 * 1024;
const tooLarge = () => new Refusal("body_too_large", "The request's body is larger than 32 MB.");

async function readAtMost(reader: Reader, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  for (let left = maxBytes; ; ) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks);
    left -= value.length;
    if (left < 0) break;
    chunks.push(value);
  }
  await readAway(reader);
  throw tooLarge();
}

/** Middleware: no body of more than 32 MB, whether its length is told before or not. */
export async function limitBody(c: Context, next: () => Promise<void>): Promise<void> {
  const declared = c.req.header("content-length");
  if (Number(declared ?? 0) > MAX_BYTES) throw tooLarge();
  if (declared === undefined && c.req.raw.body) {
    const body = await readAtMost(c.req.raw.body.getReader(), MAX_BYTES);
    c.req.raw = new Request(c.req.raw, { body });
  }
  await next();
}
