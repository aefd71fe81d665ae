import { Readable } from "node:stream";
import { Busboy, type BusboyFileStream, type BusboyInstance } from "@fastify/busboy";
import { Refusal } from "../../contract/errors.ts";
import type { FileBytes, Stored } from "./file-bytes.ts";

export type Form = {
  readonly fields: Record<string, string>;
  readonly file: { name: string; stored: Stored };
};

/** The one field that holds a file, the most that it may hold, and what to do about more. */
export type FileField = { readonly name: string; readonly maxBytes: number; readonly tooLarge: string };

type Source = { readonly body: ReadableStream<Uint8Array> | null; readonly headers: Headers };

const missing = ({ name }: FileField) =>
  new Refusal("missing_required_parameter", `Missing required parameter: '${name}'.`, name);

/** `name` is what the parser found, so perhaps none. */
const unknownField = (name: string | undefined) =>
  name
    ? new Refusal("unknown_parameter", `Unknown parameter: '${name}'.`, name)
    : new Refusal("invalid_request", "A field of the form has no name.");

const givenTwice = (name: string) =>
  new Refusal("invalid_request", `Give '${name}' once: the form holds several fields of that name.`, name);

function openForm(headers: Headers, field: FileField): BusboyInstance {
  const type = headers.get("content-type") ?? "";
  if (!type.toLowerCase().startsWith("multipart/form-data")) {
    throw new Refusal(
      "unsupported_media_type",
      `Send the bytes as multipart/form-data, in the field '${field.name}'.`,
    );
  }
  try {
    // One byte more than allowed tells a file of the limit's size from one that was cut there.
    const limits = { fileSize: field.maxBytes + 1, files: 2, fields: 20, fieldSize: 64 * 1024 };
    return new Busboy({ headers: { "content-type": type }, limits });
  } catch {
    throw new Refusal("invalid_request", "The multipart header lacks its boundary.");
  }
}

type Received = { field: string; name: string; stored: Stored };

/** The fields of a form by name; one that comes twice, or that no object can hold, is refused at the end. */
function createFields() {
  const fields = new Map<string, string>();
  let wrong: Refusal | null = null;
  return {
    add(name: string, value: string) {
      if (!name || name === "__proto__") wrong ??= unknownField(name);
      else if (fields.has(name)) wrong ??= givenTwice(name);
      fields.set(name, value);
    },
    all(): Record<string, string> {
      if (wrong) throw wrong;
      return Object.fromEntries(fields);
    },
  };
}

/** The parts of a form as they come; a file that cannot be kept fails `broken` at once. */
function collect(form: BusboyInstance, bytes: FileBytes, signal: AbortSignal) {
  const fields = createFields();
  const files: Promise<Received>[] = [];
  const broken = Promise.withResolvers<never>();
  form.on("field", (name, value) => fields.add(name, value));
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
async function drain(input: AsyncIterable<unknown>): Promise<void> {
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
  { body, headers }: Source,
  bytes: FileBytes,
  field: FileField,
): Promise<Form> {
  if (!body) throw missing(field);
  const form = openForm(headers, field);
  const ending = new AbortController();
  const { fields, files, broken } = collect(form, bytes, ending.signal);
  const input = Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]);
  const end = finished(form, input);
  end.catch(() => {});
  input.pipe(form);
  try {
    await Promise.race([end, broken]);
    return { fields: fields.all(), file: onlyFile(await Promise.all(files), field) };
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

/** The one file that the form may hold. */
function onlyFile(files: readonly Received[], wanted: FileField): Form["file"] {
  const [file, ...more] = files.filter(({ field }) => field === wanted.name);
  if (!file) throw missing(wanted);
  const other = files.find(({ field }) => field !== wanted.name);
  if (other) throw unknownField(other.field);
  if (files.some(({ stored }) => stored.bytes > wanted.maxBytes))
    throw new Refusal("body_too_large", wanted.tooLarge, wanted.name);
  if (more.length > 0) {
    const text = `Send one file at a time: the form holds several fields named '${wanted.name}'.`;
    throw new Refusal("invalid_request", text, wanted.name);
  }
  return { name: file.name, stored: file.stored };
}
