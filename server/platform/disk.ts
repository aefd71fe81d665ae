import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import { copyFile, link, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

function syncFolder(path: string): void {
  const fd = openSync(path, "r");
  fsyncSync(fd);
  closeSync(fd);
}

export const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ENOENT";

/** Written aside, synced, renamed: a reader sees all of it or nothing, also after a power cut. */
export function writeFileDurably(path: string, content: string, mode = 0o600): void {
  mkdirSync(dirname(path), { recursive: true });
  const aside = `${path}.${process.pid}.tmp`;
  const fd = openSync(aside, "w", mode);
  writeSync(fd, content);
  fsyncSync(fd);
  closeSync(fd);
  renameSync(aside, path);
  syncFolder(dirname(path));
}

export async function syncPath(path: string): Promise<void> {
  await using handle = await open(path, "r");
  await handle.sync();
}

/** Gives a file a second name, at no cost where the disk can; else a synced copy. */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (isMissing(error)) throw error;
    await copyFile(from, to);
    await syncPath(to);
  }
}

async function linkInside(from: string, to: string, skips: readonly string[]): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (skips.includes(entry.name)) continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    await (entry.isDirectory() ? linkInside(source, target, []) : linkOrCopy(source, target));
  }
  await syncPath(to);
}

/** A folder's content under another path: complete or absent. What `skips` names stays behind. */
export async function linkFolderDurably(
  from: string,
  to: string,
  skips: readonly string[] = [],
): Promise<void> {
  const aside = `${to}.tmp`;
  await rm(aside, { recursive: true, force: true });
  await linkInside(from, aside, skips);
  await rm(to, { recursive: true, force: true });
  await rename(aside, to);
  await syncPath(dirname(to));
}
