import { type MergedForm, ModelImport } from "../contract/bundles.ts";
import { deletedOf } from "../contract/common.ts";
import { ModelObject } from "../contract/models.ts";
import { pageOf } from "./pages.ts";
import type { Transport } from "./transport.ts";

const ModelPage = pageOf(ModelObject);
const pathOf = (id: string) => `/models/${encodeURIComponent(id)}`;

export type ExportOptions = {
  /** Also the model without its adapter; the server makes it first, which takes a while. */
  readonly merged?: MergedForm | undefined;
  readonly trainingData?: boolean;
  readonly signal?: AbortSignal;
};

/** A tar archive; its length, so that progress can be shown. */
export type ModelArchive = { readonly bytes: number; readonly content: ReadableStream<Uint8Array> };

export const createModels = ({ call, open }: Transport) => ({
  list: async () => (await call(ModelPage, "/models")).data,
  get: (id: string) => call(ModelObject, pathOf(id)),
  delete: (id: string) => call(deletedOf("model"), pathOf(id), { method: "DELETE" }),

  async export(
    id: string,
    { merged, trainingData = true, signal }: ExportOptions = {},
  ): Promise<ModelArchive> {
    const query = { merged, training_data: String(trainingData) };
    const { body, headers } = await open(`/perennial${pathOf(id)}/export`, {
      query,
      ...(signal ? { signal } : {}),
    });
    return { bytes: Number(headers.get("content-length") ?? 0), content: body ?? new Blob([]).stream() };
  },

  /** Takes a tar archive that `export` made, here or elsewhere. */
  import: (archive: Blob | ReadableStream<Uint8Array>, signal?: AbortSignal) =>
    call(ModelImport, "/perennial/models/import", {
      method: "POST",
      body: archive,
      headers: { "content-type": "application/x-tar" },
      ...(signal ? { signal } : {}),
    }),
});
