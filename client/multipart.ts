type Part = { readonly field?: string; readonly name: string; readonly bytes: Blob };
type Multipart = { readonly body: Blob | ReadableStream<Uint8Array>; readonly contentType: string };

/** Quotes and line ends would end the header early (WHATWG HTML, multipart form data). */
const escaped = (name: string) => name.replaceAll('"', "%22").replaceAll("\r", "%0D").replaceAll("\n", "%0A");

const disposition = (name: string, more = "") => `content-disposition: form-data; name="${name}"${more}\r\n`;

const counted = (onProgress: (sent: number) => void) => {
  let sent = 0;
  return new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      sent += chunk.byteLength;
      onProgress(sent);
      controller.enqueue(chunk);
    },
  });
};

/** A form with one file. FormData would do, but tells nobody how far it has been sent. */
export function multipartOf(
  fields: Record<string, string>,
  file: Part,
  onProgress?: (sent: number) => void,
): Multipart {
  const boundary = `----perennial-${crypto.randomUUID()}`;
  const head = Object.entries(fields)
    .map(([name, value]) => `--${boundary}\r\n${disposition(name)}\r\n${value}\r\n`)
    .join("");
  const opening = `--${boundary}\r\n${disposition(file.field ?? "file", `; filename="${escaped(file.name)}"`)}`;
  const form = new Blob([
    head,
    `${opening}content-type: application/octet-stream\r\n\r\n`,
    file.bytes,
    `\r\n--${boundary}--\r\n`,
  ]);
  const body = onProgress ? form.stream().pipeThrough(counted(onProgress)) : form;
  return { body, contentType: `multipart/form-data; boundary=${boundary}` };
}
