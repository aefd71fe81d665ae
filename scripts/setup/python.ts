import { existsSync } from "node:fs";
import { SetupProblem } from "./problem.ts";
import { runTool, type ToolContext } from "./tool.ts";

export type Version = readonly [major: number, minor: number, patch: number];

export interface Python {
  readonly command: string;
  readonly executable: string;
  readonly version: Version;
  /** False where a distribution ships Python without the modules that make environments. */
  readonly hasVenv: boolean;
}

const oldestMinor = 10;
const newestMinor = 14;
const supported = `Python 3.${oldestMinor} to 3.${newestMinor}`;

/** The commands to try: what the user named and nothing else, or the usual names, newest first. */
export function pythonCommands(named: string | undefined): readonly string[] {
  if (named) return [named];
  const minors = Array.from({ length: newestMinor - oldestMinor + 1 }, (_, index) => newestMinor - index);
  return ["python3", ...minors.map((minor) => `python3.${minor}`), "python"];
}

export const isSupported = ([major, minor]: Version): boolean =>
  major === 3 && minor >= oldestMinor && minor <= newestMinor;

const formatVersion = (version: Version): string => version.join(".");

// Python 2 must be able to run it too, to be told apart from no Python at all.
const probeSource = `
import sys
try:
    import ensurepip, venv
    has_venv = 1
except ImportError:
    has_venv = 0
sys.stdout.write("python %d %d %d %d %s" % (sys.version_info[:3] + (has_venv, sys.executable)))
`;

export function parseProbe(command: string, output: string): Python | undefined {
  const found = /^python (\d+) (\d+) (\d+) ([01]) (.+)$/m.exec(output);
  if (!found) return undefined;
  const [, major, minor, patch, hasVenv, executable = command] = found;
  const version: Version = [Number(major), Number(minor), Number(patch)];
  return { command, executable, version, hasVenv: hasVenv === "1" };
}

/** The first Python that can do it, or a refusal that tells the nearest miss. */
export async function findPython(named: string | undefined, context: ToolContext): Promise<Python> {
  const found: Python[] = [];
  for (const command of pythonCommands(named)) {
    const output = await runTool(command, ["-c", probeSource], context).catch(() => "");
    context.signal.throwIfAborted();
    const python = parseProbe(command, output);
    if (python && isSupported(python.version) && python.hasVenv) return python;
    if (python) found.push(python);
  }
  throw new SetupProblem(explainMiss(named, found, existsSync("/etc/debian_version")));
}

export function explainMiss(named: string | undefined, found: readonly Python[], isDebian: boolean): string {
  const withoutVenv = found.find((python) => isSupported(python.version));
  if (withoutVenv) return explainNoVenv(withoutVenv, isDebian);
  const [other] = found;
  if (other) {
    const version = `${other.command} is Python ${formatVersion(other.version)}`;
    return `${version}, and Perennial needs ${supported}; install one, or name it in PERENNIAL_PYTHON.`;
  }
  if (named)
    return `PERENNIAL_PYTHON names ${named}, which does not run as Python; Perennial needs ${supported}.`;
  return `There is no python3 here, and Perennial needs ${supported}; install one, or name it in PERENNIAL_PYTHON.`;
}

function explainNoVenv({ command, version }: Python, isDebian: boolean): string {
  const cause = `${command} is Python ${formatVersion(version)} without its venv and ensurepip modules`;
  const cure = isDebian ? `run \`apt install python3.${version[1]}-venv\`` : "install them";
  return `${cause}; ${cure} and run this again.`;
}
