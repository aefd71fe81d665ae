import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { nearlyTooLong, tooLong } from "./check/file-size.ts";
import { defaultExports, forbiddenImports, importCycles, type SourceFile } from "./check/imports.ts";

const parts =
  "{contract,bundle,training-data,deprecations,client,server,cli,dashboard,scripts,test,bench,examples}";

function readSources(root: string, pattern: string): SourceFile[] {
  const paths = globSync(pattern, { cwd: root, exclude: (path) => path.includes("node_modules") });
  return paths
    .sort()
    .map((path) => ({ path: path.replaceAll("\\", "/"), text: readFileSync(join(root, path), "utf8") }));
}

const root = dirname(import.meta.dirname);
const typescript = readSources(root, `${parts}/**/*.{ts,tsx}`);
const others = [...readSources(root, `${parts}/**/*.mjs`), ...readSources(root, "trainer/**/*.py")];
const failures = [
  ...forbiddenImports(typescript),
  ...importCycles(typescript),
  ...defaultExports(typescript),
  ...tooLong([...typescript, ...others]),
];
for (const line of nearlyTooLong([...typescript, ...others])) console.log(`warning: ${line}`);
for (const line of failures) console.log(line);
console.log(`${typescript.length + others.length} files, ${failures.length} broken rules`);
process.exitCode = failures.length > 0 ? 1 : 0;
