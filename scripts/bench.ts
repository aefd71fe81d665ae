import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { basename, dirname, join } from "node:path";

const root = dirname(import.meta.dirname);
const names = globSync("bench/*.ts", { cwd: root })
  .filter((path) => !path.endsWith(".test.ts"))
  .map((path) => basename(path, ".ts"))
  .sort();

function runBench(name: string, args: readonly string[]): number {
  const entry = join(root, "bench", `${name}.ts`);
  return spawnSync(process.execPath, [entry, ...args], { cwd: root, stdio: "inherit" }).status ?? 1;
}

const [name, ...args] = process.argv.slice(2);
if (name && names.includes(name)) {
  process.exitCode = runBench(name, args);
} else {
  const list =
    names.length > 0 ? names.map((known) => `  npm run bench -- ${known}`).join("\n") : "  (none yet)";
  console.error(`${name ? `There is no benchmark "${name}". ` : ""}Benchmarks:\n${list}`);
  process.exitCode = name ? 1 : 0;
}
