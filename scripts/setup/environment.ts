import { existsSync, readFileSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import {
  environmentFolder,
  environmentPython,
  requirementsFile,
  type SetupContext,
  toolContext,
} from "./context.ts";
import { uvSettings } from "./pip-settings.ts";
import { SetupProblem } from "./problem.ts";
import { findPython } from "./python.ts";
import { hashOfFiles, readStamp, removeStamp, type Stamp, writeStamp } from "./stamp.ts";
import { lastLines, runOrExplain, runTool, ToolFailure, toolProblem } from "./tool.ts";
import { chooseTorch, lacksTorch, noCpuTorch, type TorchAttempt, torchAttempts } from "./torch.ts";

// Installs the same wheels as pip in a third of the time, and knows where PyTorch keeps its CPU builds.
const uvPin = "uv==0.13.9";

const failed = "The trainer's Python environment could not be made";

const requirementNames = ["requirements", "requirements-dev", "requirements-torch"];
const stampPath = (root: string): string => join(environmentFolder(root), "setup-stamp");
const pip = ["-m", "pip", "--quiet", "--no-input", "--disable-pip-version-check", "--retries", "2"];

function hasNvidia(path: string): boolean {
  const folders = path.split(delimiter);
  return existsSync("/dev/nvidia0") || folders.some((folder) => existsSync(join(folder, "nvidia-smi")));
}

// An environment whose Python is gone cannot be brought up to date, whatever its stamp says.
const readMade = (root: string): Stamp =>
  existsSync(environmentPython(root)) ? readStamp(stampPath(root)) : {};

/** What the environment should be made from. What was asked for once holds until something else is asked for. */
export function wantedEnvironment({ root, env }: SetupContext): Stamp {
  const made = readMade(root);
  const torchAsked = env.PERENNIAL_TORCH || made.torchAsked || "auto";
  return {
    requirements: hashOfFiles(requirementNames.map((name) => requirementsFile(root, name))),
    python: env.PERENNIAL_PYTHON || made.python || "",
    uv: uvPin,
    torchAsked,
    torch: chooseTorch(torchAsked, process.platform, hasNvidia(env.PATH ?? "")),
  };
}

export function environmentIsCurrent(root: string, wanted: Stamp): boolean {
  const made = readMade(root);
  return Object.entries(wanted).every(([key, value]) => made[key] === value);
}

// The rest can be installed over what is there; another build of torch has the same version number.
const kept = ["python", "torch", "uv"];

/** Makes `.venv` with pip and uv in it, unless a finished one is there that can be brought up to date. */
export async function createEnvironment(context: SetupContext, wanted: Stamp): Promise<string> {
  const made = readMade(context.root);
  if (kept.every((key) => made[key] === wanted[key])) return "the one that is there";
  const python = await findPython(wanted.python || undefined, toolContext(context));
  rmSync(environmentFolder(context.root), { recursive: true, force: true });
  const folder = environmentFolder(context.root);
  await runOrExplain(failed, python.executable, ["-m", "venv", folder], toolContext(context));
  const install = [...pip, "install", "--no-compile", uvPin];
  await runOrExplain(failed, environmentPython(context.root), install, toolContext(context));
  return `Python ${python.version.join(".")} in .venv`;
}

export async function installPackages(context: SetupContext, wanted: Stamp): Promise<string> {
  const { root, env } = context;
  const pin = readFileSync(requirementsFile(root, "requirements-torch"), "utf8").trim();
  const pipSettings = ["-m", "pip", "config", "list"];
  const listing = await runOrExplain(failed, environmentPython(root), pipSettings, toolContext(context));
  const attempts = torchAttempts(wanted.torch === "cpu" ? "cpu" : "default", pin);
  removeStamp(stampPath(root));
  await installFirst(context, attempts, uvSettings(listing, env), pin);
  writeStamp(stampPath(root), wanted);
  return `PyTorch (${wanted.torch} build), Transformers, PEFT, llama.cpp`;
}

async function installFirst(
  context: SetupContext,
  attempts: readonly TorchAttempt[],
  settings: NodeJS.ProcessEnv,
  pin: string,
): Promise<void> {
  const [attempt, ...others] = attempts;
  if (!attempt) return;
  const { root } = context;
  const files = ["requirements", "requirements-dev"].flatMap((name) => ["-r", requirementsFile(root, name)]);
  const where = ["--quiet", "--only-binary", ":all:", "--python", environmentPython(root)];
  const args = ["pip", "install", ...where, ...files, attempt.requirement, ...attempt.options];
  try {
    const uv = join(environmentFolder(root), "bin", "uv");
    await runTool(uv, args, toolContext(context, { UV_PYTHON_DOWNLOADS: "never", ...settings }));
  } catch (error) {
    if (!(error instanceof ToolFailure) || context.signal.aborted) throw error;
    if (others.length > 0 && lacksTorch(error.output)) return installFirst(context, others, settings, pin);
    if (attempt.options.length > 0) throw new SetupProblem(noCpuTorch(pin), lastLines(error.output));
    throw toolProblem("The trainer's packages could not be installed", error);
  }
}
