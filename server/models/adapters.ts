import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { LoraTarget } from "../../contract/training.ts";
import { linkFolderDurably } from "../platform/disk.ts";

/** Of a layer's path its own name is left. */
const layersOf = (targets: string | readonly string[] | undefined): readonly string[] | null => {
  if (targets === "all-linear") return LoraTarget.options;
  if (targets === undefined || typeof targets === "string") return null;
  return targets.map((path) => path.split(".").at(-1) ?? path);
};

/** PEFT's names for what a job calls `lora_r`, `lora_alpha` and `lora_target_modules` (null: it does not say). */
const PeftConfig = z
  .object({
    r: z.number(),
    lora_alpha: z.number(),
    target_modules: z.union([z.string(), z.array(z.string())]).optional(),
  })
  .transform(({ r, lora_alpha, target_modules }) => ({
    lora_r: r,
    lora_alpha,
    layers: layersOf(target_modules),
  }));
export type AdapterShape = z.output<typeof PeftConfig>;

function shapeIn(text: string): AdapterShape | null {
  try {
    return PeftConfig.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Adapters by id, one folder each: PEFT's two files and `adapter.gguf`. */
export async function createAdapters(folder: string) {
  await mkdir(folder, { recursive: true });
  const folderOf = (id: string) => join(folder, id);
  return {
    folderOf,
    ggufOf: (id: string) => join(folderOf(id), "adapter.gguf"),
    /** Null: the adapter does not say. */
    async shapeOf(id: string): Promise<AdapterShape | null> {
      const text = await readFile(join(folderOf(id), "adapter_config.json"), "utf8").catch(() => "");
      return shapeIn(text);
    },
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
