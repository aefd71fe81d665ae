import { execFile } from "node:child_process";
import { access, readFile, realpath } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { promisify } from "node:util";
import { childEnvironment } from "../../platform/child-environment.ts";
import type { BaseModel } from "../engine.ts";
import type { Command } from "../supervision/engine-process.ts";
import { BASE_NAME } from "./adapters.ts";

export type VllmOptions = {
  readonly base: BaseModel;
  readonly apiKey: string;
  readonly slots: number;
  readonly adapters: number;
  readonly threads: number;
  readonly loraRank: number;
  /** Further arguments for vLLM's server; they win over ours. */
  readonly extra: readonly string[];
};

/** vLLM's server, run by the Python that has it. */
export const vllmCommand = (python: string, options: VllmOptions): Command => ({
  file: python,
  args: [join(import.meta.dirname, "server.py")],
  input: `${JSON.stringify({
    model: options.base.hf,
    name: BASE_NAME,
    api_key: options.apiKey,
    slots: options.slots,
    adapters: options.adapters,
    threads: options.threads,
    lora_rank: options.loraRank,
    context_tokens: options.base.contextLength,
    arguments: options.extra,
  })}\n`,
  origin: null,
});

const isPython = (path: string) => /(^|\/)python[\d.]*$/.test(path);
const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

/** The Python of a program that pip installed: its first line names it, or it stands beside it. */
async function pythonOf(program: string): Promise<string | null> {
  const [first = ""] = (await readFile(program, "utf8").catch(() => "")).split("\n");
  const named = /^#!\s*(\S+)$/.exec(first)?.[1] ?? "";
  const beside = join(dirname(await realpath(program).catch(() => program)), "python");
  const candidates = [named, beside].filter((path) => isAbsolute(path) && isPython(path));
  for (const path of candidates) if (await exists(path)) return path;
  return null;
}

async function onPath(): Promise<string | null> {
  const found = promisify(execFile)("/bin/sh", ["-c", "command -v vllm"], {
    env: childEnvironment(process.env),
  });
  return await found.then(
    ({ stdout }) => stdout.trim(),
    () => null,
  );
}

const FIND_PACKAGE = 'import importlib.util, sys; sys.exit(importlib.util.find_spec("vllm") is None)';

const hasVllm = (python: string) =>
  promisify(execFile)(python, ["-c", FIND_PACKAGE], { env: childEnvironment(process.env) }).then(
    () => true,
    () => false,
  );

/** The Python that has vLLM: the one that was named, by itself or by its program `vllm`, or that of the program on PATH. */
export async function findVllm(named: string | undefined): Promise<string> {
  const program = named ?? (await onPath());
  if (program === null)
    throw new Error(
      "There is no vLLM: PATH has no vllm, and PERENNIAL_VLLM is not set. See docs/guide/engines.md.",
    );
  const python = isPython(program) ? program : await pythonOf(program);
  if (python && (await hasVllm(python))) return python;
  throw new Error(
    `There is no vLLM in ${program}: PERENNIAL_VLLM takes the program vllm, or the Python that has the package.`,
  );
}
