import { existsSync, globSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { environmentPython, type SetupContext, toolContext } from "../setup/context.ts";
import { uvSettings } from "../setup/pip-settings.ts";
import { createProgress } from "../setup/progress.ts";
import { hashOfFiles, readStamp, removeStamp, writeStamp } from "../setup/stamp.ts";
import { runOrExplain, runTool, ToolFailure, toolProblem } from "../setup/tool.ts";

const failed = "The environment of vLLM could not be made";
const requirements = join(import.meta.dirname, "requirements.txt");
const VERSION = "0.32.0";

const folderOf = (root: string) => join(root, ".venv-vllm");
const pythonOf = (root: string) => join(folderOf(root), "bin", "python");
const stampOf = (root: string) => join(folderOf(root), "setup-stamp");

/** The registry has the build for CPUs, or PyTorch's own index. */
const SOURCES: readonly (readonly string[])[] = [[], ["--torch-backend=cpu"]];

async function install(context: SetupContext, sources = SOURCES): Promise<void> {
  const [source = [], ...others] = sources;
  const { root, env } = context;
  const listing = await runOrExplain(
    failed,
    environmentPython(root),
    ["-m", "pip", "config", "list"],
    toolContext(context),
  );
  const where = ["--quiet", "--no-deps", "--only-binary", ":all:", "--python", pythonOf(root)];
  const settings = { UV_PYTHON_DOWNLOADS: "never", ...uvSettings(listing, env) };
  const uv = join(root, ".venv", "bin", "uv");
  const args = ["pip", "install", ...where, "-r", requirements, ...source];
  try {
    await runTool(uv, args, toolContext(context, settings));
  } catch (error) {
    if (!(error instanceof ToolFailure)) throw error;
    if (others.length === 0) throw toolProblem(failed, error);
    await install(context, others);
  }
}

/** It looks up its version under the name of the package for GPUs, and knows by it that there is none. */
function nameVllm(root: string): void {
  const [packages = ""] = globSync(join(folderOf(root), "lib", "python*", "site-packages"));
  const folder = join(packages, `vllm-${VERSION}+cpu.dist-info`);
  mkdirSync(folder, { recursive: true });
  const metadata = ["Metadata-Version: 2.1", "Name: vllm", `Version: ${VERSION}+cpu`];
  writeFileSync(join(folder, "METADATA"), `${metadata.join("\n")}\n`);
}

async function make(context: SetupContext): Promise<string> {
  const { root } = context;
  rmSync(folderOf(root), { recursive: true, force: true });
  const environment = ["-m", "venv", folderOf(root)];
  await runOrExplain(failed, environmentPython(root), environment, toolContext(context));
  await install(context);
  nameVllm(root);
  return `vLLM ${VERSION} for CPUs; PERENNIAL_VLLM=${pythonOf(root)} uses it`;
}

/** Makes `.venv-vllm`, unless it is there as it should be. */
export async function makeVllm(root: string, env: NodeJS.ProcessEnv): Promise<void> {
  const wanted = { requirements: hashOfFiles([requirements]) };
  const made = existsSync(pythonOf(root)) ? readStamp(stampOf(root)) : {};
  if (made.requirements === wanted.requirements) return;
  const progress = createProgress(process.stderr);
  const context = { root, env, signal: new AbortController().signal, progress };
  await progress.stage("vLLM", "making .venv-vllm, 2 GB", async () => {
    removeStamp(stampOf(root));
    const reached = await make(context);
    writeStamp(stampOf(root), wanted);
    return reached;
  });
}
