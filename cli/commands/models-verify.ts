import type { Inspection } from "../../bundle/inspect.ts";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import { inspectLocal } from "../inspect-local.ts";
import { interruptible } from "../interruptible.ts";
import { bundleFacts, findingColumns } from "../output/bundle-page.ts";
import { type AddCommand, example } from "./command.ts";

function showInspection(cli: Cli, { manifest, files, problems }: Inspection): void {
  if (cli.show.isJson()) {
    cli.show.json({ ok: problems.length === 0, model: manifest?.model ?? null, files, problems });
    return;
  }
  if (manifest) cli.show.one(manifest, bundleFacts(manifest));
  if (manifest) cli.show.text("\n");
  if (files.length > 0) cli.show.list(files, findingColumns, "");
}

export function assertWhole(path: string, problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new CliError(
    `${path} is damaged.\n${problems.map((text) => `  ${text}`).join("\n")}\nExport the model again, or take another copy.`,
  );
}

export const modelsVerify: AddCommand = (parent, cli) => {
  parent
    .command("verify")
    .argument("<path>", "the folder or .tar that `perennial models export` wrote")
    .description(
      "Check an exported model: every file's sum, and that the adapter fits together. Needs no server.",
    )
    .addHelpText(
      "after",
      example("perennial models verify ft_smollm2-135m-instruct_personal_support_Ab12Cd34"),
    )
    .action(async (path: string) => {
      const inspection = await interruptible(cli, (signal) => inspectLocal(cli, path, signal));
      showInspection(cli, inspection);
      assertWhole(path, inspection.problems);
      cli.show.remark(`All ${inspection.files.length} files are whole.`);
    });
};
