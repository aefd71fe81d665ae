import type { Method } from "../contract/training.ts";
import { DataCheck, FilePreview } from "../contract/training-data.ts";
import type { Transport } from "./transport.ts";

type CheckOptions = {
  readonly model?: string | undefined;
  readonly method?: Method | undefined;
  readonly validationFile?: string | undefined;
  readonly signal?: AbortSignal;
};
type PreviewOptions = {
  readonly model: string;
  readonly limit?: number | undefined;
  /** The line to go on after. */
  readonly after?: number | undefined;
  readonly signal?: AbortSignal;
};

const pathOf = (id: string) => `/perennial/files/${encodeURIComponent(id)}`;
const abortable = (signal: AbortSignal | undefined) => (signal ? { signal } : {});

export const createFileChecks = ({ call }: Transport) => ({
  check: (id: string, { model, method, validationFile, signal }: CheckOptions = {}): Promise<DataCheck> =>
    call(DataCheck, `${pathOf(id)}/check`, {
      query: { model, method, validation_file: validationFile },
      ...abortable(signal),
    }),

  preview: (id: string, { model, limit, after, signal }: PreviewOptions): Promise<FilePreview> =>
    call(FilePreview, `${pathOf(id)}/preview`, { query: { model, limit, after }, ...abortable(signal) }),
});
