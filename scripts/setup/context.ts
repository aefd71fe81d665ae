import { join } from "node:path";
import type { Progress } from "./progress.ts";
import type { ToolContext } from "./tool.ts";

/** What the stages of set-up share. */
export interface SetupContext {
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

export const environmentFolder = (root: string): string => join(root, ".venv");
export const environmentPython = (root: string): string => join(environmentFolder(root), "bin", "python");
export const requirementsFile = (root: string, name: string): string => join(root, "trainer", `${name}.txt`);

/** Tools run in the checkout, without what would make pip or Python look outside the environment. */
export function toolContext({ root, env, signal }: SetupContext, extra: NodeJS.ProcessEnv = {}): ToolContext {
  const { PYTHONPATH: _path, PYTHONHOME: _home, PIP_USER: _user, PIP_TARGET: _target, ...rest } = env;
  return { cwd: root, signal, env: { ...rest, ...extra } };
}
