import { givenIn } from "../../contract/settings.ts";
import { type FilePreview, MAX_PREVIEW_ROWS } from "../../contract/training-data.ts";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import { interruptible } from "../interruptible.ts";
import { sizeOf } from "../local-file.ts";
import { findLocalTrainer } from "../local-trainer.ts";
import { previewRowText } from "../output/preview-page.ts";
import { type AddCommand, count, example, wholeNumber } from "./command.ts";
import { isUploaded } from "./files-check.ts";

type Options = { model?: string; limit: number; after: number; ids?: true };
type Page = { readonly after: number; readonly limit: number; readonly signal: AbortSignal };
type Read = (page: Page) => Promise<FilePreview>;

function readHere(cli: Cli, path: string, { model }: Options): Read {
  sizeOf(path);
  const { tokens, base } = findLocalTrainer(cli.environment, model);
  return async (page) => {
    const { data, hasMore } = await tokens.preview(base, path, page);
    return {
      object: "list",
      model: base.id,
      context_length: base.contextLength,
      data,
      last_line: data.at(-1)?.line ?? null,
      has_more: hasMore,
    };
  };
}

async function onlyBase(cli: Cli): Promise<string> {
  const models = await cli.project().models.list();
  const bases = models.map(({ id }) => id).filter((id) => !id.startsWith("ft:"));
  const [only, ...others] = bases;
  if (only !== undefined && others.length === 0) return only;
  throw new CliError(`Say which model with --model: ${bases.join(", ")}.`);
}

async function readThere(cli: Cli, id: string, options: Options): Promise<Read> {
  const model = options.model ?? (await onlyBase(cli));
  return (page) => cli.project().fileChecks.preview(id, { model, ...page });
}

async function preview(cli: Cli, pathOrId: string, options: Options, signal: AbortSignal): Promise<void> {
  const read = isUploaded(pathOrId)
    ? await readThere(cli, pathOrId, options)
    : readHere(cli, pathOrId, options);
  const hasColours = cli.out.isTTY === true && givenIn(cli.environment, "NO_COLOR") === undefined;
  let after = options.after;
  for (let left = options.limit; left > 0; ) {
    const page = await read({ after, limit: Math.min(left, MAX_PREVIEW_ROWS), signal });
    for (const row of page.data) {
      if (cli.show.isJson()) cli.show.jsonLine(row);
      else cli.show.text(previewRowText(row, { hasColours, hasIds: options.ids === true }));
    }
    if (page.data.length === 0 && after === options.after)
      cli.show.remark(after > 0 ? `There is no row after line ${after}.` : "The file has no rows.");
    left -= page.data.length;
    after = page.last_line ?? after;
    if (!page.has_more || page.data.length === 0) return;
  }
  cli.show.remark(`\nThere is more: go on with --after ${after}.`);
}

export const filesPreview: AddCommand = (parent, cli) => {
  parent
    .command("preview")
    .argument(
      "<path or id>",
      "training data: a .jsonl file, read here without a server, or an uploaded file's id",
    )
    .option("--model <model>", "as this model reads it; otherwise the base model, if there is one only")
    .option("--limit <count>", "so many rows", count, 3)
    .option("--after <line>", "begin after this line", wholeNumber, 0)
    .option("--ids", "show the id of each token")
    .description(
      "Show rows as the model reads them, token by token. Trained on: green on a terminal, in ⟦ ⟧ elsewhere.",
    )
    .addHelpText("after", example("perennial files preview train.jsonl --limit 1"))
    .action((pathOrId: string, options: Options) =>
      interruptible(cli, (signal) => preview(cli, pathOrId, options, signal)),
    );
};
