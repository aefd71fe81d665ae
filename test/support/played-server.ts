import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkout, newFolder, type Server, startServer } from "./server.ts";

export const PLAYED_BASE = "played-base";

const manifest = {
  id: PLAYED_BASE,
  format: "gguf",
  gguf: "model.gguf",
  hf: "hf",
  context_length: 2048,
  parameters: 1000,
  license: "none",
  created: 1_700_000_000,
};

/** The real server with a trainer that only plays one, and a base that nobody opens: for what needs no model. */
export async function startPlayedServer(
  options: { folder?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Server> {
  const folder = options.folder ?? newFolder();
  const bases = join(folder, "bases");
  mkdirSync(join(bases, PLAYED_BASE), { recursive: true });
  writeFileSync(join(bases, PLAYED_BASE, "base.json"), JSON.stringify(manifest));
  const python = join(checkout, "server/training/fixtures/played-python.mjs");
  const env = { PERENNIAL_BASES: bases, PERENNIAL_TRAINER_PYTHON: python, PERENNIAL_PLAY: "work" };
  const server = await startServer({ folder, env: { ...env, ...options.env } });
  return {
    ...server,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      if (!options.folder) rmSync(folder, { recursive: true, force: true });
    },
  };
}
