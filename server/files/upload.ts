import { Readable } from "node:stream";
import { Busboy, type BusboyFileStream, type BusboyInstance } from "@fastify/busboy";
import { Refusal } from "../../contract/errors.ts";
import { MAX_FILE_BYTES } from "../../contract/files.ts";
import type { FileBytes, Stored } from "./file-bytes.ts";

export type Form = {
  readonly fields: Record<string, string>;
  readonly file: { name: string; stored: Stored } | null;
};

const TOO_LARGE =
  "The file is larger than 512 MB, the most that one file may hold. Split it, or leave rows out.";

function openForm(headers: Headers): BusboyInstance {
  const type = headers.get("content-type") ?? "";
  if (!type.toLowerCase().startsWith("multipart/form-data")) {
    throw new Refusal(
      "unsupported_media_type",
      "Send the file as multipart/form-data, with the fields 'file' and 'purpose'.",
    );
  }
  try {
    // One byte more than allowed tells a file of the limit's size from one that was cut there.
    const limits = { fileSize: MAX_FILE_BYTES + 1, files: 2, fields: 20, fieldSize: 64 * 1024 };
    return new Busboy({ headers: { "content-type": type }, limits });
  } catch {
    throw new Refusal("invalid_request", "The multipart header lacks its boundary.");
  }
}

type Received = { field: string; name: string; stored: Stored };

/** The parts of a form as they come; a file that cannot be kept fails `broken` at once. */
function collect(form: BusboyInstance, bytes: FileBytes, signal: AbortSignal) {
  const fields: Record<string, string> = {};
  const files: Promise<Received>[] = [];
  const broken = Promise.withResolvers<never>();
  form.on("field", (name, value) => {
    fields[name] = value;
  });
  form.on("file", (field, stream: BusboyFileStream, name) => {
    const stored = bytes
      .receive(stream, signal)
      .then((kept) => ({ field, name: name || "upload", stored: kept }));
    stored.catch(broken.reject);
    files.push(stored);
  });
  broken.promise.catch(() => {});
  return { fields, files, broken: broken.promise };
}

const incomplete = () => new Refusal("invalid_request", "The multipart body is not complete or not valid.");

function finished(form: BusboyInstance, input: Readable): Promise<void> {
  return new Promise((resolve, reject) => {
    form.on("finish", resolve);
    form.on("error", () => reject(incomplete()));
    input.on("error", () => reject(incomplete()));
  });
}

/** Reads what is left, so that the client gets to read the answer. */
async function drain(input: Readable): Promise<void> {
  try {
    for await (const _chunk of input);
  } catch {
    // The client went away: there is nothing left to read.
  }
}

/**
 * Reads a multipart form, its file streamed to disk. The whole body is read before a refusal is thrown,
 * since a client that is answered while it sends sees a broken connection instead.
 */
export async function receiveForm(
  source: ReadableStream<Uint8Array>,
  headers: Headers,
  bytes: FileBytes,
): Promise<Form> {
  const form = openForm(headers);
  const ending = new AbortController();
  const { fields, files, broken } = collect(form, bytes, ending.signal);
  const input = Readable.fromWeb(source as Parameters<typeof Readable.fromWeb>[0]);
  const end = finished(form, input);
  end.catch(() => {});
  input.pipe(form);
  try {
    await Promise.race([end, broken]);
    return chosen(fields, await Promise.all(files), bytes);
  } catch (error) {
    input.unpipe(form);
    await drain(input);
    ending.abort();
    form.destroy();
    for (const file of await Promise.allSettled(files)) {
      if (file.status === "fulfilled") await bytes.discard(file.value.stored);
    }
    throw error;
  }
}

async function chosen(
  fields: Record<string, string>,
  files: readonly Received[],
  bytes: FileBytes,
): Promise<Form> {
  const [file, ...others] = files.filter(({ field }) => field === "file");
  const unwanted = files.filter((one) => one !== file);
  const tooLarge = files.some(({ stored }) => stored.bytes > MAX_FILE_BYTES);
  await Promise.all(
    [...unwanted, ...(tooLarge && file ? [file] : [])].map(({ stored }) => bytes.discard(stored)),
  );
  if (tooLarge) throw new Refusal("body_too_large", TOO_LARGE, "file");
  if (others.length > 0) {
    if (file) await bytes.discard(file.stored);
    throw new Refusal(
      "invalid_request",
      "Send one file at a time: the form holds several fields named 'file'.",
      "file",
    );
  }
  return { fields, file: file ? { name: file.name, stored: file.stored } : null };
}
