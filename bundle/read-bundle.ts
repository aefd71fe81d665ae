import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { MAX_BUNDLE_FILES } from "../contract/bundles.ts";
import { MANIFEST, nameIn } from "./names.ts";
import { BundleProblem } from "./problem.ts";
import { type Entry, unpackTar } from "./tar.ts";

const CHUNK = { highWaterMark: 1024 * 1024 };

/** Of plain files and folders; anything else, such as a link, is a problem. */
async function listFiles(folder: string, below = ""): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
    const name = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) names.push(...(await listFiles(folder, name)));
    else if (entry.isFile()) names.push(name);
    else throw new BundleProblem(`${name} is no plain file.`);
    if (names.length > MAX_BUNDLE_FILES)
      throw new BundleProblem(`The folder holds more than ${MAX_BUNDLE_FILES} files.`);
  }
  return names;
}

/** The manifest comes first, so that a reader knows early what this is. */
const inOrder = (names: readonly string[]): string[] =>
  [...names].sort((a, b) => Number(b === MANIFEST) - Number(a === MANIFEST) || (a < b ? -1 : 1));

export async function* readFolder(folder: string, signal?: AbortSignal): AsyncGenerator<Entry> {
  for (const name of inOrder(await listFiles(folder))) {
    const path = join(folder, name);
    const { size } = await stat(path);
    yield { name, bytes: size, content: createReadStream(path, { ...CHUNK, ...(signal ? { signal } : {}) }) };
  }
}

/** An archive's files, by their names within the bundle. */
export async function* readArchive(source: AsyncIterable<Uint8Array>): AsyncGenerator<Entry> {
  for await (const entry of unpackTar(source)) yield { ...entry, name: nameIn(entry.name) };
}

/** A bundle on disk, as a folder or as a tar archive; `bytes` is what there is to read. */
export async function openBundle(
  path: string,
  signal?: AbortSignal,
): Promise<{ readonly bytes: number; readonly entries: AsyncGenerator<Entry> }> {
  const stats = await stat(path);
  if (!stats.isDirectory()) {
    const source = createReadStream(path, { ...CHUNK, ...(signal ? { signal } : {}) });
    return { bytes: stats.size, entries: readArchive(source) };
  }
  const sizes = await Promise.all(
    (await listFiles(path)).map(async (name) => (await stat(join(path, name))).size),
  );
  return { bytes: sizes.reduce((sum, size) => sum + size, 0), entries: readFolder(path, signal) };
}
