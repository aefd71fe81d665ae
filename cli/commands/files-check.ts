import { existsSync } from "node:fs";
import { basename } from "node:path";
import { FINE_TUNE_NAME } from "../../contract/files.ts";
import { Method } from "../../contract/training.ts";
import type { DataCheck } from "../../contract/training-data.ts";
import { checkDataAside } from "../../training-data/check-aside.ts";
import { withTokens } from "../../training-data/tokens.ts";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import { interruptible } from "../interruptible.ts";
import { sizeOf } from "../local-file.ts";
import { findLocalTrainer } from "../local-trainer.ts";
import { checkPage } from "../output/check-page.ts";
import { byteSize } from "../output/words.ts";
import { type AddCommand, count, example } from "./command.ts";

type Options = {
  validation?: string;
  method?: string;
  model?: string;
  tokens?: true;
  limit: number;
};

/** Read before anybody wonders. */
const QUICK_BYTES = 20 * 1024 * 1024;

export const isUploaded = (pathOrId: string): boolean =>
  !existsSync(pathOrId) && pathOrId.startsWith("file-");

function parseMethod(text: string | undefined): Method | null {
  if (text === undefined) return null;
  const parsed = Method.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new CliError(`No method '${text}': use one of ${Method.options.join(", ")}.`);
}

async function readHere(cli: Cli, path: string, options: Options, signal: AbortSignal): Promise<DataCheck> {
  const total = sizeOf(path) + (options.validation === undefined ? 0 : sizeOf(options.validation));
  using meter = cli.show.meter();
  return await checkDataAside({
    training: { path, name: path },
    validation:
      options.validation === undefined ? null : { path: options.validation, name: options.validation },
    method: parseMethod(options.method),
    signal,
    ...(total < QUICK_BYTES
      ? {}
      : { onRead: (bytes) => meter.update(bytes, total, `checking ${byteSize(total)}`) }),
  });
}

async function countHere(cli: Cli, path: string, options: Options, signal: AbortSignal) {
  if (!options.tokens && options.model === undefined) return null;
  const { tokens, base } = findLocalTrainer(cli.environment, options.model);
  const total = sizeOf(path);
  using meter = cli.show.meter();
  const onRead = (bytes: number) => meter.update(bytes, total, `counting tokens for ${base.id}`);
  return await tokens.count(base, path, { seconds: null, signal, onRead });
}

const checkHere = (cli: Cli, path: string, options: Options): Promise<DataCheck> =>
  interruptible(cli, async (signal) => {
    const checked = await readHere(cli, path, options, signal);
    return withTokens(checked, await countHere(cli, path, options, signal));
  });

function checkThere(
  cli: Cli,
  id: string,
  { model, method, validation, tokens }: Options,
): Promise<DataCheck> {
  if (tokens && model === undefined)
    throw new CliError("Say whose tokens with --model; `perennial models list` shows the models there are.");
  const asked = parseMethod(method) ?? undefined;
  return cli.project().fileChecks.check(id, { model, method: asked, validationFile: validation });
}

async function check(cli: Cli, pathOrId: string, options: Options): Promise<void> {
  const run = isUploaded(pathOrId) ? checkThere : checkHere;
  const checked = await run(cli, pathOrId, options);
  if (cli.show.isJson()) cli.show.json(checked);
  else
    cli.show.text(
      checkPage(checked, { training: pathOrId, validation: options.validation ?? null }, options.limit),
    );
  if (!isUploaded(pathOrId) && !FINE_TUNE_NAME.test(basename(pathOrId)))
    cli.show.remark(`\nTo be uploaded for fine-tuning, ${pathOrId} needs a name that ends in .jsonl.`);
  if (checked.error === null) return;
  const { code, message } = checked.error;
  // Problems stand above, each with its sentence.
  const isTold = checked.training.problem_count > 0 || (checked.validation?.problem_count ?? 0) > 0;
  throw new CliError(
    isTold
      ? `A job would fail with ${code}.`
      : `A job would fail with ${code}: ${message.replace(/\.$/, "")}.`,
  );
}

export const filesCheck: AddCommand = (parent, cli) => {
  parent
    .command("check")
    .argument(
      "<path or id>",
      "training data: a .jsonl file, read here without a server, or an uploaded file's id",
    )
    .option("--validation <path or id>", "validation data, given the same way")
    .option("--method <method>", `${Method.options.join(" or ")}; otherwise what the rows are made for`)
    .option("--model <model>", "count tokens as this model does")
    .option("--tokens", "count tokens; needs the trainer's environment, or an uploaded file")
    .option("--limit <count>", "show at most so many problems of a file", count, 50)
    .description("Tell everything that is wrong with training data, before a job does. Fails if a job would.")
    .addHelpText(
      "after",
      example(
        "perennial files check train.jsonl --validation valid.jsonl",
        "perennial files check pairs.jsonl --method dpo --tokens",
      ),
    )
    .action((pathOrId: string, options: Options) => check(cli, pathOrId, options));
};
