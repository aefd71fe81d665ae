import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { Sender } from "../contract/notices.ts";
import {
  type Environment,
  readSetting,
  type ServerSettings,
  type Setting,
  serverSettings,
} from "../contract/settings.ts";

const checkout = resolve(import.meta.dirname, "..");

export type Config = ServerSettings & {
  readonly bases: string;
  readonly python: string;
  readonly upstreams: string;
  /** Without a slash at the end. */
  readonly publicUrl: string;
  /** How notices are mailed; null: they are not. */
  readonly mail: { readonly url: string; readonly from: Sender } | null;
};

/** Of all addresses that a wildcard stands for, the one that is sure to be one. */
const WILDCARDS: readonly string[] = ["0.0.0.0", "::"];

function publicUrlOf({
  PERENNIAL_PUBLIC_URL: given,
  PERENNIAL_HOST: host,
  PERENNIAL_PORT: port,
}: ServerSettings) {
  const name = WILDCARDS.includes(host) ? "localhost" : host;
  return given ?? `http://${name.includes(":") ? `[${name}]` : name}:${port}`;
}

function mailOf({ PERENNIAL_SMTP_URL: url, PERENNIAL_MAIL_FROM: from }: ServerSettings): Config["mail"] {
  if (url !== undefined && from !== undefined) return { url, from: Sender.parse(from) };
  if (url !== undefined)
    throw new Error(
      "PERENNIAL_SMTP_URL is set, but not PERENNIAL_MAIL_FROM: say who mail comes from, as Perennial <notices@example.com>.",
    );
  return null;
}

/** Reads the environment; a bad value is one sentence that names the variable. */
export function readConfig(environment: Environment): Config {
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries<Setting>(serverSettings)) {
    const read = readSetting(name, setting, environment);
    if ("problem" in read) throw new Error(read.problem);
    values[name] = read.value;
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
    publicUrl: publicUrlOf(read),
    upstreams: resolve(read.PERENNIAL_UPSTREAMS ?? join(read.PERENNIAL_DATA, "upstreams.yaml")),
    mail: mailOf(read),
    python: read.PERENNIAL_TRAINER_PYTHON ?? join(checkout, ".venv", "bin", "python"),
  };
}

/** Trainings at the same time. */
export const trainingLimit = ({ PERENNIAL_TRAININGS: given }: Pick<Config, "PERENNIAL_TRAININGS">): number =>
  given === "auto" ? availableParallelism() : given;
