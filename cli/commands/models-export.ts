import { resolve } from "node:path";
import { folderOf } from "../../bundle/names.ts";
import { BundleProblem } from "../../bundle/problem.ts";
import type { ModelArchive } from "../../client/models.ts";
import { MergedForm } from "../../contract/bundles.ts";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import { interruptible } from "../interruptible.ts";
import { bundleFacts } from "../output/bundle-page.ts";
import type { Meter } from "../output/meter.ts";
import { byteSize } from "../output/words.ts";
import { assertFree, type Target, writeBundle } from "../write-bundle.ts";
import { type AddCommand, example } from "./command.ts";
import { assertWhole } from "./models-verify.ts";

type Options = {
  readonly output?: string;
  readonly tar?: true;
  readonly merged?: string;
  readonly trainingData: boolean;
  readonly force?: true;
};

function mergedForm(text: string | undefined): MergedForm | undefined {
  const parsed = MergedForm.optional().safeParse(text);
  if (parsed.success) return parsed.data;
  throw new CliError(`No form '${text}': --merged takes ${MergedForm.options.join(" or ")}.`);
}

function targetOf(model: string, { output, tar, force }: Options): Target {
  const isTar = tar === true || output?.endsWith(".tar") === true;
  const path = output ?? `${folderOf(model)}${isTar ? ".tar" : ""}`;
  return { path, isTar, force: force === true };
}

async function* counted(
  { bytes, content }: ModelArchive,
  model: string,
  meter: Meter,
): AsyncGenerator<Uint8Array> {
  let done = 0;
  try {
    for await (const chunk of content) {
      done += chunk.byteLength;
      meter.update(Math.min(done, bytes), bytes, `exporting ${model} (${byteSize(bytes)})`);
      yield chunk;
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : cause;
    throw new CliError(
      `The export broke off: ${reason}. Try again; the server's log says why, if it was the server.`,
      1,
      { cause },
    );
  }
}

function asCliError({ path }: Target, cause: unknown): unknown {
  if (cause instanceof BundleProblem)
    return new CliError(`What came is no whole export: ${cause.message} Try again.`, 1, { cause });
  if (cause instanceof Error && "syscall" in cause && "code" in cause && !(cause instanceof CliError))
    return new CliError(`${path} could not be written: ${cause.message}.`, 1, { cause });
  return cause;
}

async function exportTo(cli: Cli, model: string, target: Target, options: Options) {
  const merged = mergedForm(options.merged);
  return interruptible(cli, async (signal) => {
    if (merged) cli.show.remark("The server merges the model first, which takes a while for a large one.");
    const archive = await cli
      .project()
      .models.export(model, { merged, trainingData: options.trainingData, signal });
    using meter = cli.show.meter();
    try {
      return await writeBundle(counted(archive, model, meter), { target, signal });
    } catch (cause) {
      throw asCliError(target, cause);
    }
  });
}

function tellNext(cli: Cli, { path, isTar }: Target): void {
  const readme = isTar ? `README.md in ${path}` : `${path}/README.md`;
  cli.show.remark(`\nIt is whole. ${readme} says how to use it without Perennial. Then:`);
  cli.show.remark(`  perennial models verify ${path}`);
  cli.show.remark(`  perennial models import ${path}   (on another installation)`);
}

export const modelsExport: AddCommand = (parent, cli) => {
  parent
    .command("export")
    .argument("<model>", "the tuned model's or checkpoint's name")
    .option("-o, --output <path>", "where to write it; by default a folder named after the model")
    .option("--tar", "one .tar instead of a folder")
    .option("--merged <form>", "also the model without its adapter: gguf or safetensors")
    .option("--no-training-data", "leave out the rows that it was trained on")
    .option("--force", "replace an export that is there")
    .description("Take a tuned model away: weights, recipe, data, and how to use them without Perennial.")
    .addHelpText(
      "after",
      example(
        "perennial models export ft:smollm2-135m-instruct:personal:support:Ab12Cd34",
        "perennial models export ft:smollm2-135m-instruct:personal:support:Ab12Cd34 --merged gguf -o support.tar",
      ),
    )
    .action(async (model: string, options: Options) => {
      const target = targetOf(model, options);
      await assertFree(target);
      const { manifest, files, problems } = await exportTo(cli, model, target, options);
      assertWhole("What came", problems);
      if (!manifest) throw new CliError("What came has no manifest.");
      const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
      const shown = { model, path: resolve(target.path), bytes, files };
      cli.show.one(shown, [
        ...bundleFacts(manifest),
        ["written to", target.path],
        ["size", `${byteSize(bytes)} in ${files.length} files`],
      ]);
      tellNext(cli, target);
    });
};
