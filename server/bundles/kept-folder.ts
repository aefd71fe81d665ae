import { access, mkdir, readFile, rename } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { GGUF_ADAPTER, NEEDED, PEFT_CONFIG, PEFT_WEIGHTS, RECORD } from "../../bundle/names.ts";
import { measureFile, sha256Of } from "../../bundle/sums.ts";
import type { BundleManifest } from "../../contract/bundles.ts";
import { isMissing } from "../platform/disk.ts";
import { portableConfig } from "./stage.ts";

/** In an imported adapter's own folder: both are there or neither is, and they go together. */
export const RECORD_FOLDER = "record";

const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

/** A received bundle as the adapter's folder that it becomes. */
export async function arrange(received: string, kept: string): Promise<void> {
  await mkdir(kept);
  for (const name of NEEDED) await rename(join(received, name), join(kept, basename(name)));
  for (const name of RECORD) {
    if (!(await isThere(join(received, name)))) continue;
    const path = join(kept, RECORD_FOLDER, name);
    await mkdir(dirname(path), { recursive: true });
    await rename(join(received, name), path);
  }
}

/** Whether the adapter that is there is the bundle's, byte for byte, as it is or as it would be exported. */
export async function isSameAdapter(
  adapterFolder: string,
  { base, files }: BundleManifest,
  signal: AbortSignal,
): Promise<boolean> {
  const sums = new Map(files.map(({ name, sha256 }) => [name, sha256]));
  try {
    const config = await readFile(join(adapterFolder, basename(PEFT_CONFIG)), "utf8");
    const forms = [config, portableConfig(config, base.id)].map(sha256Of);
    if (!forms.includes(sums.get(PEFT_CONFIG) ?? "")) return false;
    for (const name of [PEFT_WEIGHTS, GGUF_ADAPTER]) {
      const { sha256 } = await measureFile(join(adapterFolder, basename(name)), signal);
      if (sha256 !== sums.get(name)) return false;
    }
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
