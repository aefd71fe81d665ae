import { existsSync } from "node:fs";
import type { Command } from "commander";
import type { Client } from "../../client/client.ts";
import { type CreateJob, DpoHyperparameters } from "../../contract/fine-tuning.ts";
import { Method } from "../../contract/training.ts";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import { decimalNumber, orAuto, wholeNumber } from "./command.ts";
import { uploadFile } from "./files-upload.ts";

/** What a job is made of, for those who create it and for those who only want to know more of it. */
export type JobOptions = {
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
};

/** `key=value`, as often as the option is given. */
export const addPairOf =
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

/** Hyperparameters that have an option of their own. */
const ownOptions: Readonly<Record<string, string>> = {
  n_epochs: "--epochs",
  batch_size: "--batch-size",
  learning_rate_multiplier: "--lr-multiplier",
};

function hyperparametersOf({ epochs, batchSize, lrMultiplier, set = {} }: JobOptions): DpoHyperparameters {
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
  const option = ownOptions[String(name)] ?? `--set ${name}`;
  throw new CliError(`${option}: ${reason}. docs/guide/fine-tuning-methods.md lists them all.`);
}

/** A path is uploaded first; an id is taken as it is. */
async function fileIdOf(cli: Cli, client: Client, pathOrId: string): Promise<string> {
  if (!existsSync(pathOrId) && pathOrId.startsWith("file-")) return pathOrId;
  const { id } = await uploadFile(cli, client, pathOrId, "fine-tune");
  cli.show.remark(`Uploaded ${pathOrId} as ${id}.`);
  return id;
}

function requestOf(options: JobOptions, files: { training: string; validation: string | null }): CreateJob {
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

/** The request that the options make; files on this machine are uploaded for it. */
export async function uploadAndRequest(cli: Cli, client: Client, options: JobOptions): Promise<CreateJob> {
  // What is wrong with them is told before anything is sent.
  hyperparametersOf(options);
  const training = await fileIdOf(cli, client, options.file);
  const validation = options.validation ? await fileIdOf(cli, client, options.validation) : null;
  return requestOf(options, { training, validation });
}

/** Options for all that decides how a job is trained. */
export const withJobOptions = (command: Command): Command =>
  command
    .requiredOption("--model <model>", "base model, or a tuned model to go on from (required)")
    .requiredOption(
      "--file <path or id>",
      "training data: a .jsonl file (uploaded first) or an uploaded file's id (required)",
    )
    .option("--validation <path or id>", "data to measure on, given the same way")
    .option("--seed <number>", "the same seed and data give the same model", wholeNumber)
    .option("--method <method>", "supervised, or dpo for preference pairs", methodOf, "supervised")
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
