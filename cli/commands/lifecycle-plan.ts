import type { Cli } from "../cli.ts";
import { inFile, quoted, readChange } from "../lifecycle/change-file.ts";
import { planPage } from "../output/plan-page.ts";
import { type AddCommand, example } from "./command.ts";

/** Of a plan's hash: enough to tell it from any other, little enough to type. */
const SHOWN = 16;

const nextCommand = (path: string, hash: string) =>
  `perennial lifecycle apply ${quoted(path)} --plan ${hash.slice(0, SHOWN)}${path === "-" ? " < FILE" : ""}`;

async function plan(cli: Cli, path: string, { names }: { names?: true }): Promise<void> {
  const text = await readChange(cli, path);
  const found = await inFile(path, cli.admin().lifecycle.plan(text));
  if (cli.show.isJson()) return cli.show.json(found);
  cli.show.text(planPage(found, { width: cli.show.width(), names: names === true }));
  cli.show.remark(`Nothing has changed yet. If this is meant: \`${nextCommand(path, found.hash)}\``);
}

export const lifecyclePlan: AddCommand = (parent, cli) => {
  parent
    .command("plan")
    .argument("<file>", "the change, as YAML or JSON; - is stdin")
    .option("--names", "also name the organizations and models that each date hits")
    .description("Show whom a change of dates and policies would hit, before it does (needs the admin key).")
    .addHelpText("after", example("perennial lifecycle plan change.yaml --names"))
    .action((path: string, options: { names?: true }) => plan(cli, path, options));
};
