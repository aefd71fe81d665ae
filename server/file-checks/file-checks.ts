import type { z } from "zod";
import { Refusal } from "../../contract/errors.ts";
import type { CheckQuery, DataCheck, FilePreview, PreviewQuery } from "../../contract/training-data.ts";
import type { checkData, DataFile } from "../../training-data/check-data.ts";
import { ChildFailure } from "../../training-data/child-lines.ts";
import { type TokenBase, type Tokens, withTokens } from "../../training-data/tokens.ts";
import { type Files, noSuchFile } from "../files/files.ts";
import type { Base } from "../models/bases.ts";
import type { Models } from "../models/models.ts";
import { isMissing } from "../platform/disk.ts";
import type { Gate } from "../platform/gate.ts";
import type { Log } from "../platform/log.ts";

type Needs = {
  files: Files;
  models: Models;
  bases: ReadonlyMap<string, Base>;
  tokens: Tokens;
  checkData: typeof checkData;
  /** What may be at work at the same time: checks, and processes that tokenize. */
  gates: { readonly check: Gate; readonly tokens: Gate };
  log: Log;
};

/** Counting goes on for so long; a larger file is counted in part. */
const COUNT_SECONDS = 30;

const TOO_MANY = "Too many files are being read; try again in a moment.";
const NO_TOKENS = "The trainer could not show the file's tokens; the server's log says why.";
const TOO_SLOW =
  "Reading the file's tokens took too long. Ask for fewer rows, or count them beside the file with `perennial files check --tokens`.";

type Work<T> = { readonly work: () => Promise<T>; readonly signal: AbortSignal };

export function createFileChecks({ files, models, bases, tokens, checkData: check, gates, log }: Needs) {
  async function fileOf(projectId: string, id: string, param: string): Promise<DataFile> {
    const file = await files.getFile(projectId, id, param);
    if (file.purpose === "fine-tune") return { path: files.pathOf(id), name: id };
    const text = `File ${id} was uploaded with the purpose '${file.purpose}'; only files with the purpose 'fine-tune' hold training data.`;
    throw new Refusal("invalid_request", text, param);
  }

  async function baseOf(projectId: string, model: string): Promise<TokenBase> {
    const { base: served } = await models.resolve(projectId, model);
    const base = bases.get(served.id);
    if (base) return { id: base.id, path: base.hf, contextLength: base.contextLength };
    const text = `Model ${model} answers on another server: its tokens are not known here. Name a base model of this server.`;
    throw new Refusal("invalid_request", text, "model");
  }

  function explain(error: unknown, file: DataFile): unknown {
    // Deleted while it waited.
    if (isMissing(error)) return noSuchFile(file.name);
    if (!(error instanceof ChildFailure)) return error;
    log.error({ err: error, file: file.name }, "the trainer could not show a file's tokens");
    return new Refusal("engine_unavailable", error.kind === "timeout" ? TOO_SLOW : NO_TOKENS);
  }

  /** Reading takes a processor and memory: a few at a time, and not too many in line. */
  async function inTurn<T>(gate: Gate, file: DataFile, { work, signal }: Work<T>): Promise<T> {
    if (gate.isFull()) throw new Refusal("engine_unavailable", TOO_MANY, null, 5);
    try {
      return await gate.run(work, signal);
    } catch (error) {
      throw explain(error, file);
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
    const request = { training, validation, method: query.method ?? null, signal };
    const checked = await inTurn(gates.check, training, { work: () => check(request), signal });
    if (base === null) return checked;
    const work = () => tokens.count(base, training.path, { seconds: COUNT_SECONDS, signal });
    return withTokens(checked, await inTurn(gates.tokens, training, { work, signal }));
  }

  async function preview(
    projectId: string,
    id: string,
    { signal, ...query }: z.output<typeof PreviewQuery> & { signal: AbortSignal },
  ): Promise<FilePreview> {
    const file = await fileOf(projectId, id, "id");
    const base = await baseOf(projectId, query.model);
    const page = { after: query.after ?? 0, limit: query.limit, signal };
    const { data, hasMore } = await inTurn(gates.tokens, file, {
      work: () => tokens.preview(base, file.path, page),
      signal,
    });
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
