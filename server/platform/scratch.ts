import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { randomText } from "./ids.ts";

export type Scratch = AsyncDisposable & { readonly folder: string };

/** Folders for the time of one piece of work each. What a crash left of them goes when the next server starts. */
export async function createScratchFolders(root: string) {
  await rm(root, { recursive: true, force: true });
  await mkdir(root, { recursive: true });
  return async (): Promise<Scratch> => {
    const folder = join(root, randomText(16));
    await mkdir(folder);
    return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
  };
}
export type CreateScratch = Awaited<ReturnType<typeof createScratchFolders>>;
