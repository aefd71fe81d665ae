/** The import rule of CONTRIBUTING.md, as data and pure functions. */

export interface SourceFile {
  /** From the root of the checkout, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export interface Import {
  readonly from: string;
  readonly to: string;
  readonly isTypeOnly: boolean;
}

/** A folder imports only from lines below its own; those on one line do not know each other. */
export const serverLevels: readonly (readonly string[])[] = [
  ["scheduler", "estimates", "file-checks", "bundles", "chat", "responses", "evals"],
  ["training", "serving", "generation", "graders"],
  ["fine-tuning", "uploads", "checkpoint-permissions", "notices", "feeds", "conversations", "dashboard"],
  ["models", "files", "api-keys", "usage", "rate-limits"],
  ["lifecycle"],
  ["database", "platform", "grammar"],
];

/** Parts that anybody may start from outside, and what each may know. Absent: anything. */
const mayKnow: Readonly<Record<string, readonly string[]>> = {
  contract: ["contract"],
  bundle: ["bundle", "contract"],
  "training-data": ["training-data", "contract"],
  deprecations: ["deprecations", "contract"],
  client: ["client", "contract"],
  cli: ["cli", "client", "bundle", "training-data", "deprecations", "contract"],
  dashboard: ["dashboard", "client", "training-data", "contract"],
};

/** Parts that all of server/ may know. */
const belowServer: readonly string[] = ["bundle", "training-data", "deprecations", "contract"];

const statement = /^[ \t]*(import|export)\b(?!\s*\()([^;"'`]*?\bfrom\s*|\s*)["']([^"'\n]+)["']/gm;
const dynamic = /\bimport\(\s*["']([^"'\n]+)["']\s*\)/g;
// Only where a line begins: a glob in a string looks like the start of a comment.
const comment = /^[ \t]*\/\*[\s\S]*?\*\/|^[ \t]*\/\/.*$/gm;

/** The relative imports of a file; packages are npm's business. */
export function importsOf({ path, text }: SourceFile): Import[] {
  const code = text.replace(comment, "");
  const named = Array.from(code.matchAll(statement), ([, , clause = "", target = ""]) => ({
    target,
    isTypeOnly: /^\s*type\b/.test(clause),
  }));
  const called = Array.from(code.matchAll(dynamic), ([, target = ""]) => ({ target, isTypeOnly: false }));
  return [...named, ...called]
    .filter(({ target }) => target.startsWith("."))
    .map(({ target, isTypeOnly }) => ({ from: path, to: resolve(path, target), isTypeOnly }));
}

function resolve(path: string, target: string): string {
  const { pathname } = new URL(target, `file:///${path}`);
  return decodeURIComponent(pathname).slice(1);
}

const isTest = (path: string): boolean => path.endsWith(".test.ts") || path.endsWith(".test.tsx");
const isConfig = (path: string): boolean => /\.config\.m?ts$/.test(path);
const topOf = (path: string): string => path.split("/")[0] ?? path;

/** 0 for the root of server/, then down the list; undefined for a folder that is not on it. */
function levelOf(path: string): number | undefined {
  const [, folder = "", ...rest] = path.split("/");
  if (rest.length === 0) return 0;
  const index = serverLevels.findIndex((level) => level.includes(folder));
  return index < 0 ? undefined : index + 1;
}

function explainServerImport({ from, to }: Import): string | undefined {
  const [fromFolder, toFolder] = [from.split("/")[1], to.split("/")[1]];
  const [fromLevel, toLevel] = [levelOf(from), levelOf(to)];
  const unknown = fromLevel === undefined ? fromFolder : toLevel === undefined ? toFolder : undefined;
  if (unknown) return `server/${unknown} has no level; give it one in scripts/check/imports.ts`;
  if (fromLevel === undefined || toLevel === undefined || fromLevel < toLevel) return undefined;
  if (fromLevel === 0 || fromFolder === toFolder) return undefined;
  if (fromLevel === toLevel) return `server/${fromFolder} and server/${toFolder} are on one level`;
  return `server/${toLevel === 0 ? "" : toFolder} is above server/${fromFolder}`;
}

function explainImport(found: Import): string | undefined {
  const [from, to] = [topOf(found.from), topOf(found.to)];
  if (isTest(found.to)) return "nothing imports a test";
  // Tests wire whole parts together, as main.ts does.
  if (isTest(found.from)) return undefined;
  const known = mayKnow[from];
  if (known && !known.includes(to)) return `${from}/ knows only ${known.join(", ")}`;
  if (from !== "server") return undefined;
  if (to === "server") return explainServerImport(found);
  return belowServer.includes(to) ? undefined : `server/ knows only server, ${belowServer.join(", ")}`;
}

/** One line per import that the rule forbids. */
export const forbiddenImports = (files: readonly SourceFile[]): string[] =>
  files.flatMap(importsOf).flatMap((found) => {
    const why = explainImport(found);
    return why ? [`${found.from} imports ${found.to}: ${why}`] : [];
  });

/** One line per circle of imports; types are gone when the code runs, so they close no circle. */
export function importCycles(files: readonly SourceFile[]): string[] {
  const runtime = files.flatMap(importsOf).filter(({ isTypeOnly }) => !isTypeOnly);
  const targets = Map.groupBy(runtime, ({ from }) => from);
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      cycles.push(`import cycle: ${[...trail.slice(trail.indexOf(path)), path].join(" → ")}`);
      return;
    }
    if (done.has(path)) return;
    for (const { to } of targets.get(path) ?? []) visit(to, [...trail, path]);
    done.add(path);
  };
  for (const path of targets.keys()) visit(path, []);
  return cycles;
}

/** React loads a page that is shown later by its default export. */
const isPage = (path: string): boolean => path.startsWith("dashboard/pages/");

export const defaultExports = (files: readonly SourceFile[]): string[] =>
  files
    .filter(
      ({ path, text }) =>
        !isConfig(path) && !isPage(path) && /^export\s+(default\b|\{[^}]*\bas default\b)/m.test(text),
    )
    .map(({ path }) => `${path} has a default export; name it`);
