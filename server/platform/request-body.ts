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

const MEGABYTE = 1024 * 1024;

const sizeText = (bytes: number) =>
  bytes < MEGABYTE ? `${Math.round(bytes / 1024)} KB` : `${Math.round(bytes / MEGABYTE)} MB`;
const tooLarge = (bytes: number) =>
  new Refusal("body_too_large", `The request's body is larger than ${sizeText(bytes)}.`);

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
  throw tooLarge(maxBytes);
}

/** Middleware: no larger body, whether its length is told before or not. */
export const limitBodyTo =
  (maxBytes: number) =>
  async (c: Context, next: () => Promise<void>): Promise<void> => {
    const declared = c.req.header("content-length");
    if (Number(declared ?? 0) > maxBytes) throw tooLarge(maxBytes);
    if (declared === undefined && c.req.raw.body) {
      const body = await readAtMost(c.req.raw.body.getReader(), maxBytes);
      c.req.raw = new Request(c.req.raw, { body });
    }
    await next();
  };

/** Of what is not a file. */
export const MOST_BODY_BYTES = 32 * MEGABYTE;
export const limitBody = limitBodyTo(MOST_BODY_BYTES);

/** Whether a body is as it was written: not compressed. */
export const isAsWritten = (encoding: string | undefined): boolean =>
  ["", "identity"].includes((encoding ?? "").trim().toLowerCase());

/** Middleware: nothing is unpacked here, so that no small body becomes a large one; nor is a packed one read as it is. */
export async function refuseEncoded(c: Context, next: () => Promise<void>): Promise<void> {
  const encoding = c.req.header("content-encoding");
  if (isAsWritten(encoding)) return await next();
  const text = `Bodies are not read in the content-encoding '${encoding}': send it as it is, without that header.`;
  throw new Refusal("unsupported_media_type", text);
}
