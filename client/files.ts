import { deletedOf } from "../contract/common.ts";
import { FileObject } from "../contract/files.ts";
import { MAX_PART_BYTES } from "../contract/uploads.ts";
import { multipartOf } from "./multipart.ts";
import { itemsOf, pageOf } from "./pages.ts";
import type { Transport } from "./transport.ts";
import { createUploads, type Upload } from "./uploads.ts";

const FilePage = pageOf(FileObject);
const PAGE = 1000;

const pathOf = (id: string) => `/files/${encodeURIComponent(id)}`;

export const createFiles = ({ call, open }: Transport) => ({
  /** In one request, or in parts where there is more than one. */
  upload(upload: Upload): Promise<FileObject> {
    const { name, bytes, purpose, onProgress, signal } = upload;
    if (bytes.size > MAX_PART_BYTES) return createUploads({ call, open }).send(upload);
    const { body, contentType } = multipartOf({ purpose }, { name, bytes });
    const headers = { "content-type": contentType };
    return call(FileObject, "/files", {
      method: "POST",
      body,
      headers,
      onProgress,
      ...(signal ? { signal } : {}),
    });
  },

  /** Newest first. */
  list: (filter: { purpose?: string | undefined } = {}) =>
    itemsOf((after) => call(FilePage, "/files", { query: { ...filter, limit: PAGE, after } })),

  get: (id: string) => call(FileObject, pathOf(id)),

  /** The bytes themselves, also where the server sends result files in OpenAI's way unless it is asked not to. */
  content: async (id: string): Promise<ReadableStream<Uint8Array>> => {
    const { body } = await open(`${pathOf(id)}/content`, { query: { encoding: "plain" } });
    return body ?? new Blob([]).stream();
  },

  delete: (id: string) => call(deletedOf("file"), pathOf(id), { method: "DELETE" }),
});
