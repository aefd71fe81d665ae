import type { Method } from "../contract/training.ts";
import type { DataCheck } from "../contract/training-data.ts";
import { type CheckedFile, checkFile } from "./check-file.ts";
import { MOST_REMEMBERED, methodFor } from "./check-rows.ts";
import { fileError } from "./file-error.ts";

export type DataFile = { readonly path: string; readonly name: string };

export type DataRequest = {
  readonly training: DataFile;
  readonly validation: DataFile | null;
  /** null: what the training file's format asks for. */
  readonly method: Method | null;
  readonly signal?: AbortSignal | undefined;
  /** Bytes read so far, of both files together. */
  readonly onRead?: ((bytes: number) => void) | undefined;
};

function checkValidation(
  { validation, signal, onRead }: DataRequest,
  { report, table }: CheckedFile,
  method: Method,
): Promise<CheckedFile> | null {
  if (validation === null) return null;
  return checkFile(validation.path, {
    method,
    name: validation.name,
    training: table,
    mostRemembered: Math.max(0, MOST_REMEMBERED - table.size),
    signal,
    onRead: onRead && ((bytes) => onRead(report.bytes + bytes)),
  });
}

/** Everything that can be said of a job's data without its model. */
export async function checkData(request: DataRequest): Promise<DataCheck> {
  const { training, signal, onRead } = request;
  const checked = await checkFile(training.path, {
    method: request.method,
    name: training.name,
    signal,
    onRead,
  });
  const method = request.method ?? methodFor(checked.report.format);
  const validation = (await checkValidation(request, checked, method))?.report ?? null;
  const error =
    fileError("training_file", checked.report) ?? (validation && fileError("validation_file", validation));
  return {
    object: "perennial.file_check",
    method,
    passes: error === null,
    error,
    training: checked.report,
    validation,
    tokens: null,
  };
}
