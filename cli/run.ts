import { CommanderError } from "commander";
import { ApiError, ConnectionError } from "../client/errors.ts";
import type { Effects } from "./cli.ts";
import { CliError } from "./cli-error.ts";
import { createProgram } from "./program.ts";
import { explainUsage } from "./usage-mistake.ts";

const isUnknownModel = ({ code }: ApiError) => code === "model_not_found" || code === "model_not_available";

/** The next command, by the code of the refusal. */
const hints: Readonly<Record<string, string>> = {
  fine_tune_not_found: "`perennial jobs list` shows those there are.",
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

/** Refusals that OpenAI gives no code, known by how they begin. */
const hintsByMessage: readonly (readonly [beginning: string, hint: string])[] = [
  ["No such File object", "`perennial files list` shows those there are."],
  ["invalid training_file", "`perennial files list` shows those there are."],
  ["invalid validation_file", "`perennial files list` shows those there are."],
  [
    "Invalid file format for Fine-Tuning API",
    "If it is JSONL, rename it; `perennial files check PATH` tells what else is wrong with it.",
  ],
];

function hintFor(error: ApiError): string | undefined {
  if (isUnknownModel(error)) return "`perennial models list` shows those there are.";
  const byMessage = hintsByMessage.find(([beginning]) => error.message.startsWith(beginning));
  return hints[error.code ?? ""] ?? byMessage?.[1];
}

/** As a sentence that another can follow. */
const ended = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

/** One sentence for a person; a bug says that it is one. */
function explain(error: unknown): string {
  const hint = error instanceof ApiError ? hintFor(error) : undefined;
  if (error instanceof ApiError && hint) return `${ended(error.message)} ${hint}`;
  if (error instanceof ConnectionError && error.message.includes(" cannot be reached: "))
    return `${error.message} PERENNIAL_BASE_URL says which server is asked.`;
  if (error instanceof ApiError && error.requestId !== null && error.status >= 500)
    return `${error.message} (request ${error.requestId})`;
  if (error instanceof ApiError || error instanceof ConnectionError || error instanceof CliError)
    return error.message;
  return `This is a bug in the command line: ${error instanceof Error ? error.message : error}`;
}

/** Runs one command line; returns the exit code, or null where the command has set the process's own. */
export async function run(args: readonly string[], effects: Effects): Promise<number | null> {
  const program = createProgram(effects);
  try {
    await program.parseAsync([...args], { from: "user" });
    return null;
  } catch (error) {
    if (error instanceof CommanderError) {
      effects.err.write(explainUsage(error, program, args));
      return error.exitCode;
    }
    effects.err.write(`${explain(error)}\n`);
    return error instanceof CliError ? error.exitCode : 1;
  }
}
