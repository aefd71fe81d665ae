import { join } from "node:path";
import type { z } from "zod";
import {
  clientSettings,
  type Environment,
  readSetting,
  type Setting,
  serverSettings,
} from "../contract/settings.ts";
import { CliError } from "./cli-error.ts";

export type KeyKind = "project" | "admin";

/** null: there is no such file. */
export type ReadText = (path: string) => string | null;

function settingOf<Schema extends z.ZodType>(
  name: string,
  setting: Setting & { readonly schema: Schema },
  environment: Environment,
): z.output<Schema> {
  const read = readSetting(name, setting, environment);
  if ("problem" in read) throw new CliError(read.problem);
  return read.value;
}

export const baseUrlOf = (environment: Environment): string =>
  settingOf("PERENNIAL_BASE_URL", clientSettings.PERENNIAL_BASE_URL, environment) ??
  `http://127.0.0.1:${settingOf("PERENNIAL_PORT", serverSettings.PERENNIAL_PORT, environment)}`;

const isLoopback = (url: string) => {
  const { hostname } = new URL(url);
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
};

const places = {
  project: { variable: "PERENNIAL_API_KEY", file: "api-key", name: "API key" },
  admin: { variable: "PERENNIAL_ADMIN_KEY", file: "admin-key", name: "admin key" },
} as const satisfies Record<KeyKind, unknown>;

/** From the environment; for a server on this machine, from its data folder. */
export function keyOf(kind: KeyKind, environment: Environment, readText: ReadText): string {
  const { variable, file, name } = places[kind];
  const given = settingOf(variable, serverSettings[variable], environment);
  if (given) return given;
  const url = baseUrlOf(environment);
  // This machine's key would be handed to whoever runs the other server.
  if (!isLoopback(url)) throw new CliError(`No ${name} for ${url}: set ${variable}.`);
  const path = join(settingOf("PERENNIAL_DATA", serverSettings.PERENNIAL_DATA, environment), file);
  const kept = readText(path)?.trim();
  if (kept) return kept;
  throw new CliError(
    `No ${name}: set ${variable}, or start the server once with \`npm start\`, which writes one to ${path}.`,
  );
}
