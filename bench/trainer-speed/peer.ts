import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { runOrExplain } from "../../scripts/setup/tool.ts";

const root = join(import.meta.dirname, "..", "..");
const folder = join(root, "bench", ".venv-trl");
const requirements = join(root, "bench", "requirements-trl.txt");
const stamp = join(folder, "made-from");

export const peerPython = join(folder, "bin", "python");

/**
 * Makes the environment of TRL: on the torch, transformers and peft of the trainer's own, so that both run the same
 * build, with only what TRL needs beside them.
 */
export async function preparePeer(): Promise<void> {
  const wanted = readFileSync(requirements, "utf8");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  console.log("Making the environment of TRL (once) …");
  rmSync(folder, { recursive: true, force: true });
  const context = { cwd: root, env: process.env, signal: new AbortController().signal };
  const failed = "The environment of TRL could not be made";
  await runOrExplain(failed, join(root, ".venv", "bin", "python"), ["-m", "venv", folder], context);
  const [packages = ""] = globSync(join(root, ".venv", "lib", "python*", "site-packages"));
  const own = join(folder, "lib", basename(join(packages, "..")), "site-packages");
  mkdirSync(own, { recursive: true });
  writeFileSync(join(own, "trainer-environment.pth"), `${packages}\n`);
  const install = [
    "-m",
    "pip",
    "--quiet",
    "--no-input",
    "--disable-pip-version-check",
    "install",
    "-r",
    requirements,
  ];
  await runOrExplain(failed, peerPython, install, context);
  writeFileSync(stamp, wanted);
}
