import { readdirSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";

export type BuiltFile = { readonly path: string; readonly bytes: number; readonly tag: string };

function fileAt(path: string): BuiltFile {
  const { size, mtimeMs } = statSync(path);
  return { path, bytes: size, tag: `${size.toString(36)}-${Math.round(mtimeMs).toString(36)}` };
}

/** Every plain file below the folder by the path that it is asked by; no other file can be asked for. */
function listFiles(folder: string): ReadonlyMap<string, BuiltFile> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && !entry.name.startsWith("."),
  );
  const paths = files.map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    paths.map((path) => [`/${relative(folder, path).split(sep).join("/")}`, fileAt(path)] as const),
  );
}

const NOTHING: ReadonlyMap<string, BuiltFile> = new Map();

/** What set-up built; looked at again when the first page is another one. */
export function createBuiltPages(folder: string) {
  let files = NOTHING;
  let seen: number | null = null;

  return (): ReadonlyMap<string, BuiltFile> => {
    const built = statSync(join(folder, "index.html"), { throwIfNoEntry: false })?.mtimeMs ?? null;
    if (built !== seen) files = built === null ? NOTHING : listFiles(folder);
    seen = built;
    return files;
  };
}
export type BuiltPages = ReturnType<typeof createBuiltPages>;
