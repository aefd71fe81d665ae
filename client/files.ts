import { deletedOf } from "../contract/common.ts";
import { FileObject, type UploadPurpose } from "../contract/files.ts";
import { multipartOf } from "./multipart.ts";
import { itemsOf, pageOf } from "./pages.ts";
import type { Transport } from "./transport.ts";

const FilePage = pageOf(FileObject);
const PAGE = 1000;

type Upload = {
  readonly name: string;
  readonly bytes: Blob;
  readonly purpose: UploadPurpose;
  /** Told how many bytes have been handed to the network. */
  readonly onProgress?: (sentBytes: number) => void;
  readonly signal?: AbortSignal;
};

const pathOf = (id: string) => `/files/${encodeURIComponent(id)}`;

export const createFiles = ({ call, open }: Transport) => ({
  upload({ name, bytes, purpose, onProgress, signal }: Upload): Promise<FileObject> {
    const { body, contentType } = multipartOf({ purpose }, { name, bytes }, onProgress);
    const headers = { "content-type": contentType };
    return call(FileObject, "/files", { method: "POST", body, headers, ...(signal ? { signal } : {}) });
  },

  /** Newest first. */
  list: (filter: { purpose?: string | undefined } = {}) =>
    itemsOf((after) => call(FilePage, "/files", { query: { ...filter, limit: PAGE, after } })),

  get: (id: string) => call(FileObject, pathOf(id)),

  content: async (id: string): Promise<ReadableStream<Uint8Array>> => {
    const { body } = await open(`${pathOf(id)}/content`);
    return body ?? new Blob([]).stream();
  },

  delete: (id: string) => call(deletedOf("file"), pathOf(id), { method: "DELETE" }),
});
