import { dirname, join } from "node:path";
import { environmentFolder } from "./setup/context.ts";
import { runTool, ToolFailure } from "./setup/tool.ts";

interface Check {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

interface Outcome {
  readonly check: Check;
  readonly passed: boolean;
  readonly output: string;
  readonly seconds: number;
}

const root = dirname(import.meta.dirname);
const bin = (name: string): string => join(root, "node_modules", ".bin", name);
const ruff = join(environmentFolder(root), "bin", "ruff");

const checks: readonly Check[] = [
  { name: "types (tsc)", command: bin("tsc"), args: ["-p", "."] },
  { name: "types of the dashboard", command: bin("tsc"), args: ["-p", "dashboard"] },
  { name: "lint and format (biome)", command: bin("biome"), args: ["check", "--error-on-warnings", "."] },
  { name: "imports and file sizes", command: process.execPath, args: ["scripts/check-imports.ts"] },
  { name: "trainer lint (ruff)", command: ruff, args: ["check", "trainer"] },
  { name: "trainer format (ruff)", command: ruff, args: ["format", "--check", "trainer"] },
];

async function runCheck(check: Check): Promise<Outcome> {
  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1000;
  // node puts its own colours in the environment of what it starts; tools then colour what nobody sees.
  const context = { cwd: root, env: process.env, signal: AbortSignal.timeout(300_000) };
  try {
    const output = await runTool(check.command, check.args, context);
    return { check, passed: true, output, seconds: seconds() };
  } catch (error) {
    if (!(error instanceof ToolFailure)) throw error;
    return { check, passed: false, output: error.output, seconds: seconds() };
  }
}

function report({ check, passed, output }: Outcome): void {
  const warnings = output.split("\n").filter((line) => line.startsWith("warning:"));
  const shown = passed ? warnings.join("\n") : output.trim();
  if (shown) console.log(`${check.name}:\n${shown}\n`);
}

const outcomes = await Promise.all(checks.map(runCheck));
outcomes.forEach(report);
for (const { check, passed, seconds } of outcomes) {
  console.log(
    `${passed ? "ok    " : "FAILED"}  ${check.name.padEnd(26)} ${seconds.toFixed(1).padStart(5)} s`,
  );
}
process.exitCode = outcomes.every(({ passed }) => passed) ? 0 : 1;
