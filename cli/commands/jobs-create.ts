import { existsSync } from "node:fs";
import type { Command } from "commander";
import type { Client } from "../../client/client.ts";
import { type CreateJob, DpoHyperparameters } from "../../contract/fine-tuning.ts";
import { Method } from "../../contract/training.ts";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import { watchJob } from "../watch/watch-job.ts";
import { type AddCommand, decimalNumber, example, orAuto, wholeNumber } from "./command.ts";
import { uploadFile } from "./files-upload.ts";
import { jobFacts } from "./jobs-get.ts";

type Options = {
  model: string;
  file: string;
  validation?: string;
  suffix?: string;
  seed?: number;
  epochs?: number | "auto";
  batchSize?: number | "auto";
  lrMultiplier?: number | "auto";
  method: Method;
  set?: Record<string, string>;
  metadata?: Record<string, string>;
  idempotencyKey?: string;
  watch?: true;
};

/** `key=value`, as often as the option is given. */
const addPairOf =
  (option: string) =>
  (text: string, pairs: Record<string, string> = {}): Record<string, string> => {
    const at = text.indexOf("=");
    if (at < 1) throw new CliError(`${option} ${text}: write it as key=value.`);
    return { ...pairs, [text.slice(0, at)]: text.slice(at + 1) };
  };

function methodOf(text: string): Method {
  const method = Method.safeParse(text);
  if (!method.success) throw new CliError(`No method '${text}': use ${Method.options.join(" or ")}.`);
  return method.data;
}

/** Numbers, true and lists are JSON; a word is itself. */
function typedValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function hyperparametersOf({ epochs, batchSize, lrMultiplier, set = {} }: Options): DpoHyperparameters {
  const asked = {
    n_epochs: epochs ?? "auto",
    batch_size: batchSize ?? "auto",
    learning_rate_multiplier: lrMultiplier ?? "auto",
    ...Object.fromEntries(Object.entries(set).map(([name, text]) => [name, typedValue(text)])),
  };
  const read = DpoHyperparameters.safeParse(asked);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const name = issue?.code === "unrecognized_keys" ? issue.keys[0] : issue?.path.join(".");
  const reason = issue?.code === "unrecognized_keys" ? "there is no such hyperparameter" : issue?.message;
  throw new CliError(`--set ${name}: ${reason}. See docs/guide/fine-tuning-jobs.md.`);
}

/** A path is uploaded first; an id is taken as it is. */
async function fileIdOf(cli: Cli, client: Client, pathOrId: string): Promise<string> {
  if (!existsSync(pathOrId) && pathOrId.startsWith("file-")) return pathOrId;
  const { id } = await uploadFile(cli, client, pathOrId, "fine-tune");
  cli.show.remark(`Uploaded ${pathOrId} as ${id}.`);
  return id;
}

export function requestOf(
  options: Options,
  files: { training: string; validation: string | null },
): CreateJob {
  const { model, suffix, seed, metadata, method } = options;
  const hyperparameters = hyperparametersOf(options);
  return {
    model,
    training_file: files.training,
    ...(files.validation === null ? {} : { validation_file: files.validation }),
    ...(suffix === undefined ? {} : { suffix }),
    ...(seed === undefined ? {} : { seed }),
    ...(metadata === undefined ? {} : { metadata }),
    method: { type: method, [method]: { hyperparameters } },
  };
}

async function createJob(cli: Cli, options: Options): Promise<void> {
  const client = cli.project();
  const training = await fileIdOf(cli, client, options.file);
  const validation = options.validation ? await fileIdOf(cli, client, options.validation) : null;
  const job = await client.jobs.create(requestOf(options, { training, validation }), options.idempotencyKey);
  if (cli.show.isJson() && options.watch) cli.show.jsonLine(job);
  else if (!options.watch) cli.show.one(job, jobFacts(job, cli.now()));
  if (options.watch) return watchJob(cli, client, job.id);
  cli.show.remark(`\nWatch it with \`perennial jobs watch ${job.id}\`.`);
}

const withHyperparameters = (command: Command): Command =>
  command
    .option("--epochs <count>", "times through the data, or auto", orAuto(wholeNumber))
    .option("--batch-size <rows>", "rows a step, or auto", orAuto(wholeNumber))
    .option(
      "--lr-multiplier <factor>",
      "factor on the standard learning rate, or auto",
      orAuto(decimalNumber),
    )
    .option(
      "--set <name=value>",
      "any other hyperparameter, such as lora_r=32 or beta=0.2; may be repeated",
      addPairOf("--set"),
    );

export const jobsCreate: AddCommand = (parent, cli) => {
  const command = parent
    .command("create")
    .requiredOption("--model <model>", "base model, or a tuned model to go on from")
    .requiredOption(
      "--file <path or id>",
      "training data: a .jsonl file (uploaded first) or an uploaded file's id",
    )
    .option("--validation <path or id>", "data to measure on, given the same way")
    .option("--suffix <text>", "part of the new model's name")
    .option("--seed <number>", "the same seed and data give the same model", wholeNumber)
    .option("--metadata <key=value>", "note on the job; may be repeated", addPairOf("--metadata"))
    .option("--method <method>", "supervised, or dpo for preference pairs", methodOf, "supervised")
    .option("--idempotency-key <key>", "the same key never makes a second job")
    .option("--watch", "follow the job until it has ended")
    .description("Create a fine-tuning job.");
  withHyperparameters(command)
    .addHelpText(
      "after",
      example(
        "perennial jobs create --model smollm2-135m-instruct --file train.jsonl --suffix support --watch",
      ),
    )
    .action((options: Options) => createJob(cli, options));
};
