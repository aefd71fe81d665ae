import type { FileObject, UploadPurpose } from "../contract/files.ts";
import { MAX_PART_BYTES, UploadObject, UploadPart } from "../contract/uploads.ts";
import { ApiError, ConnectionError } from "./errors.ts";
import { multipartOf } from "./multipart.ts";
import type { Transport } from "./transport.ts";

export type Upload = {
  readonly name: string;
  readonly bytes: Blob;
  readonly purpose: UploadPurpose;
  /** Told how many bytes have been handed to the network. */
  readonly onProgress?: (sentBytes: number) => void;
  readonly signal?: AbortSignal;
};

type Manner = {
  readonly partBytes: number;
  readonly atOnce: number;
  readonly tries: number;
  readonly pauseMs: number;
};
const usual: Manner = { partBytes: MAX_PART_BYTES, atOnce: 3, tries: 4, pauseMs: 500 };

const isPassing = (error: unknown) =>
  error instanceof ConnectionError || (error instanceof ApiError && error.status === 503);

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

/** Does it again, later each time, while what stands in the way may pass. */
async function persist<T>(
  work: () => Promise<T>,
  { tries, pauseMs }: Manner,
  signal?: AbortSignal,
): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error) || tried >= tries) throw error;
      await pause(pauseMs * 2 ** (tried - 1), signal);
    }
  }
}

/** The results in order, at most `atOnce` at work; the first failure ends it. */
async function mapSome<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T, index: number) => Promise<R>,
) {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < items.length; index = next++) {
      const item = items[index];
      if (item !== undefined) results[index] = await work(item, index);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

/** Large files, in parts that are sent side by side and again where the network fails. */
export function createUploads({ call }: Transport) {
  const pathOf = (id: string) => `/uploads/${encodeURIComponent(id)}`;

  function sendPart(id: string, data: Blob, onProgress: (sent: number) => void, signal: AbortSignal) {
    const { body, contentType } = multipartOf({}, { field: "data", name: "part", bytes: data });
    const headers = { "content-type": contentType };
    return call(UploadPart, `${pathOf(id)}/parts`, { method: "POST", body, headers, onProgress, signal });
  }

  async function sendParts(id: string, { bytes, onProgress, signal }: Upload, manner: Manner) {
    const ending = new AbortController();
    const either = signal ? AbortSignal.any([signal, ending.signal]) : ending.signal;
    const count = Math.ceil(bytes.size / manner.partBytes);
    const parts = Array.from({ length: count }, (_, index) =>
      bytes.slice(index * manner.partBytes, (index + 1) * manner.partBytes),
    );
    const sent = parts.map(() => 0);
    const tell = (index: number, size: number) => (sentBytes: number) => {
      sent[index] = Math.min(sentBytes, size);
      onProgress?.(sent.reduce((sum, one) => sum + one, 0));
    };
    try {
      return await mapSome(parts, manner.atOnce, (part, index) =>
        persist(() => sendPart(id, part, tell(index, part.size), either), manner, either),
      );
    } finally {
      ending.abort();
    }
  }

  async function send(upload: Upload, changes: Partial<Manner> = {}): Promise<FileObject> {
    const manner = { ...usual, ...changes };
    const { name: filename, bytes, purpose, signal } = upload;
    const json = {
      filename,
      purpose,
      bytes: bytes.size,
      mime_type: bytes.type || "application/octet-stream",
    };
    const { id } = await call(UploadObject, "/uploads", {
      method: "POST",
      json,
      ...(signal ? { signal } : {}),
    });
    try {
      const part_ids = (await sendParts(id, upload, manner)).map((part) => part.id);
      const complete = { method: "POST", json: { part_ids }, ...(signal ? { signal } : {}) } as const;
      const done = await persist(
        () => call(UploadObject, `${pathOf(id)}/complete`, complete),
        manner,
        signal,
      );
      if (!done.file) throw new ConnectionError(`The file of upload ${id} was deleted meanwhile.`);
      return done.file;
    } catch (error) {
      // Its parts would lie on the server's disk for an hour.
      await call(UploadObject, `${pathOf(id)}/cancel`, { method: "POST" }).catch(() => {});
      throw error;
    }
  }

  return { send };
}
