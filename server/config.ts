import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";

const port = z.coerce.number().int().min(0).max(65535);
const whole = z.coerce.number().int().min(1);
const optional = z.string().optional();

const checkout = resolve(import.meta.dirname, "..");

/** Every setting once: its schema with default, and one line of help (`perennial config` prints them). */
export const settings = {
  PERENNIAL_HOST: [
    z.string().default("127.0.0.1"),
    "Address to listen on; anything but loopback opens the server to your network.",
  ],
  PERENNIAL_PORT: [port.default(4010), "Port to listen on; 0 takes a free one."],
  PERENNIAL_DATA: [
    z.string().default(join(checkout, "data")),
    "Folder of the database, files, jobs, adapters and keys.",
  ],
  PERENNIAL_BASES: [optional, "Folder of the base models (default: bases/ in the data folder)."],
  PERENNIAL_DATABASE_URL: [optional, "Empty: SQLite in the data folder. PostgreSQL is not supported yet."],
  PERENNIAL_API_KEY: [
    optional,
    "A key of the default project, for automation; otherwise one is made at first start.",
  ],
  PERENNIAL_ADMIN_KEY: [optional, "An admin key, for automation; otherwise one is made at first start."],
  PERENNIAL_ORGANIZATION: [
    z
      .string()
      .regex(/^[a-z0-9-]{1,40}$/)
      .default("personal"),
    "Name of the organization, part of tuned models' names; used when it is first made.",
  ],
  PERENNIAL_PYTHON: [optional, "Python with the trainer's packages (default: .venv in the checkout)."],
  PERENNIAL_LLAMA_SERVER: [
    optional,
    "Path of a llama-server to use instead of the one in the Python packages.",
  ],
  PERENNIAL_TRAININGS: [whole.default(1), "Trainings that run at the same time."],
  PERENNIAL_ENGINE_SLOTS: [whole.default(4), "Requests that one engine works on at the same time."],
  PERENNIAL_ENGINE_ADAPTERS: [
    whole.default(32),
    "Adapters that one engine holds; the least recently used goes first.",
  ],
  PERENNIAL_ENGINE_THREADS: [whole.default(availableParallelism()), "Threads of one engine."],
  PERENNIAL_ENGINE_IDLE_SECONDS: [whole.default(300), "An engine that nobody asked for so long is stopped."],
  PERENNIAL_FIDELITY_TOLERANCE: [
    z.coerce.number().positive().optional(),
    "Largest mean difference of log-probabilities (nats) between trainer and engine that a job may succeed with.",
  ],
  PERENNIAL_LOG: [
    z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
    "Least level that is logged.",
  ],
} as const satisfies Record<string, readonly [z.ZodType, string]>;

type Settings = { [Name in keyof typeof settings]: z.output<(typeof settings)[Name][0]> };

export type Config = Settings & { readonly bases: string; readonly python: string };

/** Reads the environment; a bad value is one sentence that names the variable. */
export function readConfig(environment: Record<string, string | undefined>): Config {
  const values: Record<string, unknown> = {};
  for (const [name, [schema]] of Object.entries(settings)) {
    const given = environment[name] === "" ? undefined : environment[name];
    const parsed = schema.safeParse(given);
    if (!parsed.success) throw new Error(`${name}=${given}: ${parsed.error.issues[0]?.message}.`);
    values[name] = parsed.data;
  }
  const read = values as Settings;
  if (read.PERENNIAL_DATABASE_URL) {
    throw new Error(
      "PERENNIAL_DATABASE_URL is set, but only SQLite in the data folder is supported yet: unset it.",
    );
  }
  return {
    ...read,
    bases: resolve(read.PERENNIAL_BASES ?? join(read.PERENNIAL_DATA, "bases")),
    python: read.PERENNIAL_PYTHON ?? join(checkout, ".venv", "bin", "python"),
  };
}
