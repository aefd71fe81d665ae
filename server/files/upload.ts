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
  const fields: Record<string, string> = {};
  const files: Promise<{ field: string; name: string; stored: Stored }>[] = [];
  form.on("field", (name, value) => {
    fields[name] = value;
  });
  form.on("file", (field, stream: BusboyFileStream, name) => {
    const stored = bytes.receive(stream).then((kept) => ({ field, name: name || "upload", stored: kept }));
    stored.catch(() => stream.resume());
    files.push(stored);
  });
  await feed(source, form, files);
  return chosen(fields, await Promise.all(files), bytes);
}

async function feed(
  source: ReadableStream<Uint8Array>,
  form: BusboyInstance,
  files: Promise<unknown>[],
): Promise<void> {
  const ended = new Promise<void>((resolve, reject) => {
    form.on("finish", resolve);
    form.on("error", () =>
      reject(new Refusal("invalid_request", "The multipart body is not complete or not valid.")),
    );
  });
  const input = Readable.fromWeb(source as Parameters<typeof Readable.fromWeb>[0]);
  input.on("error", (error) => form.destroy(error));
  input.pipe(form);
  try {
    await ended;
  } catch (error) {
    await Promise.allSettled(files);
    throw error;
  }
}

type Received = { field: string; name: string; stored: Stored };

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
