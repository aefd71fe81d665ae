type Part = { readonly field?: string; readonly name: string; readonly bytes: Blob };
type Multipart = { readonly body: Blob; readonly contentType: string };

/** Quotes and line ends would end the header early (WHATWG HTML, multipart form data). */
const escaped = (name: string) => name.replaceAll('"', "%22").replaceAll("\r", "%0D").replaceAll("\n", "%0A");

const disposition = (name: string, more = "") => `content-disposition: form-data; name="${name}"${more}\r\n`;

/** `crypto.randomUUID` is missing in pages that came over plain HTTP from another machine. */
const randomHex = (bytes: number): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");

/** A form with one file. FormData would do, but has no length before it is sent. */
export function multipartOf(fields: Record<string, string>, file: Part): Multipart {
  const boundary = `----perennial-${randomHex(16)}`;
  const head = Object.entries(fields)
    .map(([name, value]) => `--${boundary}\r\n${disposition(name)}\r\n${value}\r\n`)
    .join("");
  const opening = `--${boundary}\r\n${disposition(file.field ?? "file", `; filename="${escaped(file.name)}"`)}`;
  const body = new Blob([
    head,
    `${opening}content-type: application/octet-stream\r\n\r\n`,
    file.bytes,
    `\r\n--${boundary}--\r\n`,
  ]);
  return { body, contentType: `multipart/form-data; boundary=${boundary}` };
}
