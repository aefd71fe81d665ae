import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { type SetupContext, toolContext } from "./context.ts";
import { hashOf, readStamp, type Stamp, writeStamp } from "./stamp.ts";
import { lastLines, runTool, ToolFailure } from "./tool.ts";

const distFolder = (root: string): string => join(root, "dashboard", "dist");
const stampPath = (root: string): string => join(distFolder(root), ".setup-stamp");

/** What the pages are built from; tests and what was built are no part of it. */
const sourceFolders = ["dashboard", "client", "contract", "training-data"];
const isSource = (path: string): boolean => !/\.test\.tsx?$|^dashboard\/dist\/|\/fixtures\//.test(path);

function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function sourceHash(root: string): string {
  const paths = sourceFolders.flatMap((folder) => filesBelow(join(root, folder)));
  const names = [...paths.map((path) => relative(root, path)).filter(isSource), "package-lock.json"].sort();
  return hashOf(names.flatMap((name) => [name, readFileSync(join(root, name), "utf8")]));
}

/** null: this checkout has no dashboard to build. */
export const wantedDashboard = (root: string): Stamp | null =>
  existsSync(join(root, "dashboard", "vite.config.ts")) ? { sources: sourceHash(root) } : null;

export const dashboardIsCurrent = (root: string, wanted: Stamp | null): boolean =>
  wanted === null || readStamp(stampPath(root)).sources === wanted.sources;

const isText = (path: string): boolean => /\.(js|css|html|svg|json|webmanifest)$/.test(path);
/** What is smaller gains nothing. */
const LEAST_BYTES = 1024;

/** The server compresses nothing: what is asked for is there in both forms that browsers take. */
export function compress(folder: string): void {
  for (const path of filesBelow(folder).filter(isText)) {
    const bytes = readFileSync(path);
    if (bytes.length < LEAST_BYTES) continue;
    writeFileSync(`${path}.br`, brotliCompressSync(bytes));
    writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
  }
}

async function build(context: SetupContext, wanted: Stamp): Promise<string> {
  const { root } = context;
  const vite = join(root, "node_modules", "vite", "bin", "vite.js");
  // Vite empties the folder, so that a stamp is there only when all of this has come to its end.
  await runTool(process.execPath, [vite, "build", "dashboard"], toolContext(context));
  compress(distFolder(root));
  writeStamp(stampPath(root), wanted);
  return "dashboard/dist";
}

/** Builds the pages. The rest does without them: what went wrong is told, and everything else goes on. */
export async function buildDashboard(context: SetupContext, wanted: Stamp, tell: (line: string) => void) {
  try {
    await context.progress.stage("Dashboard", "building its pages", () => build(context, wanted));
  } catch (error) {
    if (!(error instanceof ToolFailure) || context.signal.aborted) throw error;
    for (const line of lastLines(error.output)) tell(`    ${line}`);
    tell("The dashboard could not be built; everything else works. The tool's last lines are above.");
  }
}
