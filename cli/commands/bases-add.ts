import { existsSync, statSync } from "node:fs";
import { basename, resolve } from "node:path";
import { z } from "zod";
import { BaseManifest } from "../../contract/models.ts";
import { ChildFailure, readChildLines } from "../../training-data/child-lines.ts";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import { interruptible } from "../interruptible.ts";
import { basesFolder, trainerFolder, trainerPython } from "../local-trainer.ts";
import { type AddCommand, count, example } from "./command.ts";

const TYPES = ["q8_0", "f16", "f32"] as const;
type Options = { id?: string; type: string; contextLength?: number; license?: string };

const Progress = z.object({ doing: z.string(), done: z.int(), total: z.int() });
const Line = z.union([
  Progress,
  z.object({ warning: z.string() }),
  z.object({ refused: z.string() }),
  z.object({ base: BaseManifest }),
]);
type Line = z.infer<typeof Line>;

/** Large models are written for minutes, on slow disks for hours. */
const MOST_MS = 24 * 60 * 60 * 1000;
const MOST_OUTPUT_BYTES = 64 * 1024 * 1024;

/** The name that a folder suggests. */
const suggested = (folder: string) =>
  basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, "-")
    .replace(/^[^a-z0-9]+/, "");

function nameOf(folder: string, { id = suggested(folder) }: Options): string {
  if (BaseManifest.shape.id.safeParse(id).success) return id;
  throw new CliError(`'${id}' is no name for a base: use a to z, 0 to 9 and . _ - in --id.`);
}

function assertType(type: string): void {
  if (TYPES.some((one) => one === type)) return;
  throw new CliError(`No type '${type}': use one of ${TYPES.join(", ")}.`);
}

function placeOf(cli: Cli, id: string): string {
  const out = resolve(basesFolder(cli.environment), id);
  if (existsSync(out))
    throw new CliError(`There is a base ${id} already, in ${out}: choose another name with --id.`);
  return out;
}

function argumentsOf(source: string, out: string, id: string, options: Options): string[] {
  const length =
    options.contextLength === undefined ? [] : ["--context-length", String(options.contextLength)];
  const license = options.license === undefined ? [] : ["--license", options.license];
  const given = ["--from", source, "--out", out, "--id", id, "--type", options.type];
  return ["-m", "trainer.import_base", ...given, ...length, ...license];
}

async function importBase(cli: Cli, args: readonly string[], signal: AbortSignal): Promise<BaseManifest> {
  using meter = cli.show.meter();
  let last: Line | null = null;
  const command = {
    ...{ program: trainerPython(cli.environment), args, cwd: trainerFolder },
    env: { ...cli.environment, PYTHONPATH: trainerFolder, HF_HUB_OFFLINE: "1" },
  };
  const limits = { timeoutMs: MOST_MS, mostBytes: MOST_OUTPUT_BYTES, signal };
  try {
    await readChildLines(command, limits, (text) => {
      last = Line.parse(JSON.parse(text));
      if ("warning" in last) meter.say(`Warning: ${last.warning}`);
      if ("doing" in last) meter.update(last.done, last.total, last.doing);
    });
  } catch (cause) {
    if (!(cause instanceof ChildFailure)) throw cause;
    throw new CliError(`The base could not be made: ${cause.message}`, 1, { cause });
  }
  return madeBy(last);
}

function madeBy(last: Line | null): BaseManifest {
  if (last && "refused" in last) throw new CliError(last.refused);
  if (last && "base" in last) return last.base;
  throw new CliError("The base could not be made: nothing was said of why.");
}

async function add(cli: Cli, folder: string, options: Options): Promise<void> {
  const source = resolve(folder);
  if (!existsSync(source) || !statSync(source).isDirectory())
    throw new CliError(`There is no folder ${folder}.`);
  assertType(options.type);
  const id = nameOf(source, options);
  const out = placeOf(cli, id);
  if (!existsSync(trainerPython(cli.environment)))
    throw new CliError("Adding a base needs the trainer's environment: run `npm run setup`.");
  const args = argumentsOf(source, out, id, options);
  const base = await interruptible(cli, (signal) => importBase(cli, args, signal));
  cli.show.one(base, [
    ["base", base.id],
    ["parameters", base.parameters.toLocaleString("en")],
    ["context", `${base.context_length.toLocaleString("en")} tokens`],
    ["license", base.license ?? "not told by the model's card"],
    ["folder", out],
  ]);
  cli.show.remark(
    `\nStart the server again, then see whether it answers:\n  perennial chat ${base.id} "Hello"`,
  );
}

export const basesAdd: AddCommand = (parent, cli) => {
  parent
    .command("add")
    .argument("<folder>", "a chat model in Hugging Face's layout, with *.safetensors")
    .option("--id <name>", "the name to call it by; otherwise from the folder's")
    .option("--type <type>", `how llama.cpp keeps its matrices: ${TYPES.join(", ")}`, "q8_0")
    .option(
      "--context-length <tokens>",
      "the longest row, for which engines keep room in every place; otherwise 8192, or the model's own limit",
      count,
    )
    .option("--license <name>", "shown in exports; otherwise from the model's card")
    .description("Make a base model of a folder on this machine, to be tuned and called.")
    .addHelpText("after", example("perennial bases add ~/Qwen3-0.6B --context-length 8192"))
    .action((folder: string, options: Options) => add(cli, folder, options));
};
