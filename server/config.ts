import { join, resolve } from "node:path";
import { type ServerSettings, serverSettings } from "../contract/settings.ts";

const checkout = resolve(import.meta.dirname, "..");

export type Config = ServerSettings & { readonly bases: string; readonly python: string };

/** Reads the environment; a bad value is one sentence that names the variable. */
export function readConfig(environment: Record<string, string | undefined>): Config {
  const values: Record<string, unknown> = {};
  for (const [name, { schema }] of Object.entries(serverSettings)) {
    const given = environment[name] === "" ? undefined : environment[name];
    const parsed = schema.safeParse(given);
    if (!parsed.success) throw new Error(`${name}=${given}: ${parsed.error.issues[0]?.message}.`);
    values[name] = parsed.data;
  }
  const read = values as ServerSettings;
  if (read.PERENNIAL_DATABASE_URL) {
    throw new Error(
      "PERENNIAL_DATABASE_URL is set, but only SQLite in the data folder is supported yet: unset it.",
    );
  }
  return {
    ...read,
    bases: resolve(read.PERENNIAL_BASES ?? join(read.PERENNIAL_DATA, "bases")),
    python: read.PERENNIAL_TRAINER_PYTHON ?? join(checkout, ".venv", "bin", "python"),
  };
}
