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
  const handle = await open(path, "r");
  await handle.sync();
  await handle.close();
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

/** A folder's files under another path: complete or absent. Files that `skips` names stay behind. */
export async function linkFolderDurably(
  from: string,
  to: string,
  skips: readonly string[] = [],
): Promise<void> {
  const aside = `${to}.tmp`;
  await rm(aside, { recursive: true, force: true });
  await mkdir(aside, { recursive: true });
  for (const name of await readdir(from)) {
    if (!skips.includes(name)) await linkOrCopy(join(from, name), join(aside, name));
  }
  await syncPath(aside);
  await rm(to, { recursive: true, force: true });
  await rename(aside, to);
  await syncPath(dirname(to));
}
