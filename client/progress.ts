export type Progress = (sentBytes: number) => void;

type Sent = {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Blob;
  readonly signal: AbortSignal | null;
};

/** What is used of the browser's XMLHttpRequest, which tells how far it has sent; there, fetch does not. */
type Xhr = {
  readonly upload: { onprogress: ((event: { readonly loaded: number }) => void) | null };
  readonly status: number;
  readonly response: unknown;
  responseType: string;
  onload: (() => void) | null;
  onerror: (() => void) | null;
  onabort: (() => void) | null;
  open(method: string, url: string): void;
  setRequestHeader(name: string, value: string): void;
  getAllResponseHeaders(): string;
  send(body: Blob): void;
  abort(): void;
};

const aborted = () => new DOMException("The upload was stopped.", "AbortError");

function headersOf(text: string): Headers {
  const headers = new Headers();
  for (const line of text.split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return headers;
}

const responseOf = (xhr: Xhr): Response =>
  new Response(xhr.response as ArrayBuffer, {
    status: xhr.status,
    headers: headersOf(xhr.getAllResponseHeaders()),
  });

function sendByXhr(
  XhrClass: new () => Xhr,
  { url, method, headers, body, signal }: Sent,
  onProgress: Progress,
): Promise<Response> {
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  if (signal?.aborted) return Promise.reject(aborted());
  const xhr = new XhrClass();
  const stop = () => xhr.abort();
  signal?.addEventListener("abort", stop, { once: true });
  xhr.upload.onprogress = ({ loaded }) => onProgress(loaded);
  xhr.onload = () => resolve(responseOf(xhr));
  xhr.onerror = () => reject(new TypeError("the upload broke off"));
  xhr.onabort = () => reject(aborted());
  xhr.open(method, url);
  xhr.responseType = "arraybuffer";
  for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
  xhr.send(body);
  return promise.finally(() => signal?.removeEventListener("abort", stop));
}

const counted = (onProgress: Progress) => {
  let sent = 0;
  return new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      sent += chunk.byteLength;
      onProgress(sent);
      controller.enqueue(chunk);
    },
  });
};

/** fetch demands it for a body that is a stream, and ignores it otherwise. */
export const STREAMED = { duplex: "half" } as const;

/** Sends a body and tells how far it has come. Browsers stream no body over HTTP/1.1, and have another way. */
export function sendCounted(send: typeof fetch, sent: Sent, onProgress: Progress): Promise<Response> {
  const { XMLHttpRequest } = globalThis as { readonly XMLHttpRequest?: new () => Xhr };
  if (XMLHttpRequest) return sendByXhr(XMLHttpRequest, sent, onProgress);
  const { url, body, ...init } = sent;
  return send(url, { ...init, ...STREAMED, body: body.stream().pipeThrough(counted(onProgress)) });
}
