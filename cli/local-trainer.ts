import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { BaseManifest } from "../contract/models.ts";
import { type Environment, readSetting, serverSettings } from "../contract/settings.ts";
import { createTokens, type TokenBase, type Tokens } from "../training-data/tokens.ts";
import { CliError } from "./cli-error.ts";

const checkout = resolve(import.meta.dirname, "..");

type Name = "PERENNIAL_DATA" | "PERENNIAL_BASES" | "PERENNIAL_TRAINER_PYTHON";

function settingOf(name: Name, environment: Environment): string | undefined {
  const read = readSetting<(typeof serverSettings)[Name]["schema"]>(name, serverSettings[name], environment);
  if ("problem" in read) throw new CliError(read.problem);
  return read.value;
}

function readBase(folder: string): TokenBase {
  const parsed = BaseManifest.safeParse(JSON.parse(readFileSync(join(folder, "base.json"), "utf8")));
  if (!parsed.success) throw new CliError(`${join(folder, "base.json")} is broken: add the base again.`);
  const { id, hf, context_length: contextLength } = parsed.data;
  return { id, path: join(folder, hf), contextLength };
}

function chooseBase(bases: readonly TokenBase[], model: string | undefined): TokenBase {
  const names = bases.map(({ id }) => id).join(", ");
  if (model !== undefined) {
    const found = bases.find(({ id }) => id === model);
    if (found) return found;
    throw new CliError(
      `No base model '${model}' on this machine; there is ${names}. For a tuned model name its base, or upload the file and give its id.`,
    );
  }
  const [only, ...others] = bases;
  if (only && others.length === 0) return only;
  throw new CliError(`Say which base model with --model: ${names}.`);
}

export const trainerFolder = join(checkout, "trainer");

/** The Python that the trainer runs in, on this machine. */
export const trainerPython = (environment: Environment): string =>
  settingOf("PERENNIAL_TRAINER_PYTHON", environment) ?? join(checkout, ".venv", "bin", "python");

/** Where the server looks for base models. */
export const basesFolder = (environment: Environment): string =>
  settingOf("PERENNIAL_BASES", environment) ?? join(settingOf("PERENNIAL_DATA", environment) ?? "", "bases");

/** The trainer's own tokenizer, in this checkout and without a server. */
export function findLocalTrainer(
  environment: Environment,
  model: string | undefined,
): { readonly tokens: Tokens; readonly base: TokenBase } {
  const python = trainerPython(environment);
  const folder = basesFolder(environment);
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  const complete = names.filter(
    // What begins with a dot is not complete yet.
    (name) => !name.startsWith(".") && existsSync(join(folder, name, "base.json")),
  );
  if (!existsSync(python) || complete.length === 0) {
    throw new CliError(
      "Tokens need the trainer's environment and a base model on this machine: run `npm run setup`, or upload the file and give its id.",
    );
  }
  const bases = complete.map((name) => readBase(join(folder, name)));
  const tokens = createTokens({ python, trainerFolder, env: { ...environment } });
  return { tokens, base: chooseBase(bases, model) };
}
