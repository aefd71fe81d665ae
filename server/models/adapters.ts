import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { linkFolderDurably } from "../platform/disk.ts";

/** Adapters by id, one folder each: PEFT's two files and `adapter.gguf`. */
export async function createAdapters(folder: string) {
  await mkdir(folder, { recursive: true });
  const folderOf = (id: string) => join(folder, id);
  return {
    folderOf,
    ggufOf: (id: string) => join(folderOf(id), "adapter.gguf"),
    /** Takes a trainer's output in: complete or absent. The state to resume from stays behind. */
    add: (id: string, from: string) => linkFolderDurably(from, folderOf(id), ["state.pt"]),
    remove: (id: string) => rm(folderOf(id), { recursive: true, force: true }),
    /** What a crash left: folders that no model names. */
    async sweep(isInUse: (id: string) => boolean): Promise<void> {
      for (const name of await readdir(folder)) {
        if (!isInUse(name)) await rm(join(folder, name), { recursive: true, force: true });
      }
    },
  };
}
export type Adapters = Awaited<ReturnType<typeof createAdapters>>;
