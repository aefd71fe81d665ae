import type { z } from "zod";
import { Refusal } from "../../contract/errors.ts";
import type { CheckQuery, DataCheck, FilePreview, PreviewQuery } from "../../contract/training-data.ts";
import type { checkData, DataFile } from "../../training-data/check-data.ts";
import { ChildFailure } from "../../training-data/child-lines.ts";
import type { TokenBase, Tokens } from "../../training-data/tokens.ts";
import type { Files } from "../files/files.ts";
import type { Models } from "../models/models.ts";
import type { Gate } from "../platform/gate.ts";
import type { Log } from "../platform/log.ts";

type Needs = {
  files: Files;
  models: Models;
  tokens: Tokens;
  checkData: typeof checkData;
  /** Files that are read at the same time. */
  gate: Gate;
  log: Log;
};

/** Counting goes on for so long; a larger file is counted in part. */
const COUNT_SECONDS = 30;

const isMissing = (error: unknown) => error instanceof Error && "code" in error && error.code === "ENOENT";

export function createFileChecks({ files, models, tokens, checkData: check, gate, log }: Needs) {
  async function fileOf(projectId: string, id: string, param: string): Promise<DataFile> {
    const file = await files.getFile(projectId, id, param);
    if (file.purpose === "fine-tune") return { path: files.pathOf(id), name: id };
    const text = `File ${id} was uploaded with the purpose '${file.purpose}'; only files with the purpose 'fine-tune' hold training data.`;
    throw new Refusal("invalid_request", text, param);
  }

  async function baseOf(projectId: string, model: string): Promise<TokenBase> {
    const { base } = await models.resolve(projectId, model);
    return { id: base.id, path: base.hf, contextLength: base.contextLength };
  }

  /** Reading takes a processor and memory: one after another, and not too many in line. */
  async function inTurn<T>(file: DataFile, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (gate.isFull())
      throw new Refusal(
        "engine_unavailable",
        "Too many files are being read; try again in a moment.",
        null,
        5,
      );
    try {
      return await gate.run(work, signal);
    } catch (error) {
      // Deleted while it waited.
      if (isMissing(error)) throw new Refusal("file_not_found", `No such File object: ${file.name}`, "id");
      if (!(error instanceof ChildFailure)) throw error;
      log.error({ err: error, file: file.name }, "the trainer could not show a file's tokens");
      const text =
        error.kind === "timeout"
          ? "Reading the file's tokens took too long. Ask for fewer rows, or count them with `perennial files check --tokens` beside the file."
          : "The trainer could not show the file's tokens; the server's log says why.";
      throw new Refusal("engine_unavailable", text);
    }
  }

  async function checkFile(
    projectId: string,
    id: string,
    { signal, ...query }: z.output<typeof CheckQuery> & { signal: AbortSignal },
  ): Promise<DataCheck> {
    const training = await fileOf(projectId, id, "id");
    const other = query.validation_file;
    if (other === id)
      throw new Refusal(
        "invalid_value",
        "The validation file must differ from the training file.",
        "validation_file",
      );
    const validation = other === undefined ? null : await fileOf(projectId, other, "validation_file");
    const base = query.model === undefined ? null : await baseOf(projectId, query.model);
    return inTurn(
      training,
      async () => {
        const checked = await check({ training, validation, method: query.method ?? null, signal });
        if (base === null) return checked;
        return {
          ...checked,
          tokens: await tokens.count(base, training.path, { seconds: COUNT_SECONDS, signal }),
        };
      },
      signal,
    );
  }

  async function preview(
    projectId: string,
    id: string,
    { signal, ...query }: z.output<typeof PreviewQuery> & { signal: AbortSignal },
  ): Promise<FilePreview> {
    const file = await fileOf(projectId, id, "id");
    const base = await baseOf(projectId, query.model);
    const page = { after: query.after ?? 0, limit: query.limit, signal };
    const { data, hasMore } = await inTurn(file, () => tokens.preview(base, file.path, page), signal);
    return {
      object: "list",
      model: query.model,
      context_length: base.contextLength,
      data,
      last_line: data.at(-1)?.line ?? null,
      has_more: hasMore,
    };
  }

  return { checkFile, preview };
}
export type FileChecks = ReturnType<typeof createFileChecks>;
