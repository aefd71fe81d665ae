import type { Client } from "../../client/client.ts";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import { inFile, quoted, readChange } from "../lifecycle/change-file.ts";
import { type AddCommand, example } from "./command.ts";
import { changeFacts } from "./lifecycle-history.ts";

const WHOLE = 64;
const LEAST = 12;

/** The server takes only a whole hash: the beginning of one is completed by planning once more. */
async function wholeHash(
  client: Client,
  text: string,
  change: { path: string; hash: string },
): Promise<string> {
  const { path, hash } = change;
  const next = `\`perennial lifecycle plan ${quoted(path)}\``;
  if (!/^[0-9a-f]+$/.test(hash) || hash.length > WHOLE)
    throw new CliError(`'${hash}' is no plan's hash: ${next} prints it.`);
  if (hash.length < LEAST)
    throw new CliError(`Give at least ${LEAST} characters of the plan's hash: ${next} prints it.`);
  if (hash.length === WHOLE) return hash;
  const now = (await inFile(path, client.lifecycle.plan(text))).hash;
  if (now.startsWith(hash)) return now;
  throw new CliError(
    `This is not the plan that was reviewed: the change, what is in force, or whom it hits is another by now. Look again with ${next}.`,
  );
}

async function apply(cli: Cli, path: string, given: string): Promise<void> {
  const text = await readChange(cli, path);
  const client = cli.admin();
  const hash = await wholeHash(client, text, { path, hash: given.toLowerCase() });
  const change = await inFile(path, client.lifecycle.apply(text, hash));
  cli.show.one(change, changeFacts(change));
  const until = change.undo_until === null ? "" : ` until ${change.undo_until}`;
  cli.show.remark(`\nIt is in force. Take it back${until} with \`perennial lifecycle undo ${change.id}\`.`);
}

export const lifecycleApply: AddCommand = (parent, cli) => {
  parent
    .command("apply")
    .argument("<file>", "the change that was planned; - is stdin")
    .requiredOption("--plan <hash>", `the plan's hash, or its first ${LEAST} characters and more (required)`)
    .description("Put a planned change in force, if it still does what was reviewed (needs the admin key).")
    .addHelpText("after", example("perennial lifecycle apply change.yaml --plan 3f1c9a7be2d4"))
    .action((path: string, { plan }: { plan: string }) => apply(cli, path, plan));
};
