import { CommanderError } from "commander";
import { ApiError, ConnectionError } from "../client/errors.ts";
import type { Effects } from "./cli.ts";
import { CliError } from "./cli-error.ts";
import { createProgram } from "./program.ts";

const isUnknownModel = ({ code }: ApiError) => code === "model_not_found" || code === "model_not_available";

/** The next command, by the code of the refusal. */
const hints: Readonly<Record<string, string>> = {
  training_not_available: "`perennial lifecycle status` shows where you stand.",
  plan_changed: "`perennial lifecycle plan FILE` does so.",
  change_not_found: "`perennial lifecycle history` lists them.",
  change_not_undoable: "`perennial lifecycle history` lists what was changed.",
  organization_exists: "`perennial organizations list` shows those there are.",
  notice_not_found: "`perennial lifecycle notices` shows those there are.",
  contact_not_found: "`perennial contacts list` shows those there are.",
  model_already_exists: "`perennial models get MODEL` shows it, `perennial models delete MODEL` deletes it.",
  webhook_not_found: "`perennial webhooks list` shows those there are.",
  delivery_not_found: "`perennial webhooks deliveries` lists them.",
  webhook_disabled: "`perennial webhooks update ID --enable` does so.",
  webhook_limit_reached: "`perennial webhooks delete ID` does so.",
};

/** One sentence for a person; a bug says that it is one. */
function explain(error: unknown): string {
  if (error instanceof ApiError && isUnknownModel(error))
    return `${error.message} \`perennial models list\` shows those there are.`;
  const hint = error instanceof ApiError ? hints[error.code ?? ""] : undefined;
  if (error instanceof ApiError && hint) return `${error.message} ${hint}`;
  if (error instanceof ApiError && error.requestId !== null && error.status >= 500)
    return `${error.message} (request ${error.requestId})`;
  if (error instanceof ApiError || error instanceof ConnectionError || error instanceof CliError)
    return error.message;
  return `This is a bug in the command line: ${error instanceof Error ? error.message : error}`;
}

/** Runs one command line; returns the exit code, or null where the command has set the process's own. */
export async function run(args: readonly string[], effects: Effects): Promise<number | null> {
  try {
    await createProgram(effects).parseAsync([...args], { from: "user" });
    return null;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    effects.err.write(`${explain(error)}\n`);
    return error instanceof CliError ? error.exitCode : 1;
  }
}
