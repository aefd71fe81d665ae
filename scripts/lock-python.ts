import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { environmentFolder, requirementsFile } from "./setup/context.ts";
import { runTool } from "./setup/tool.ts";

// Which of these are installed depends on the machine: torch's own metadata pins them exactly.
const leftToTorch = /^(torch|triton|nvidia-[\w-]+|cuda-[\w-]+)==/;

/** Pins every package for Python 3.10 and newer on every platform. */
async function lock(root: string, name: string, options: readonly string[]): Promise<void> {
  const input = join(root, "trainer", `${name}.in`);
  const args = ["pip", "compile", input, "--universal", "--python-version", "3.10", ...options];
  const quiet = ["--quiet", "--no-annotate", "--no-header", "--no-emit-index-url", "--no-emit-find-links"];
  const uv = join(environmentFolder(root), "bin", "uv");
  const context = { cwd: root, env: process.env, signal: AbortSignal.timeout(300_000) };
  const pins = await runTool(uv, [...args, ...quiet], context);
  const kept = pins.split("\n").filter((line) => line.includes("==") && !leftToTorch.test(line));
  writeFileSync(requirementsFile(root, name), `${kept.join("\n")}\n`);
  console.log(`${name}.txt: ${kept.length} pins`);
}

const root = dirname(import.meta.dirname);
const torch = requirementsFile(root, "requirements-torch");
await lock(root, "requirements", [torch]);
await lock(root, "requirements-dev", ["-c", requirementsFile(root, "requirements")]);
console.log(`torch itself: ${readFileSync(torch, "utf8").trim()}`);
