import { readFile } from "node:fs/promises";
import { CHAT_TEMPLATE, EVENTS, METRICS, PROBE, TRAINING_DATA, VALIDATION_DATA } from "../../bundle/names.ts";
import { BundleFacts, type BundleManifest } from "../../contract/bundles.ts";
import { isMissing } from "../platform/disk.ts";

/** A file that is there, or one that is to be written. */
export type Given = { readonly path: string } | { readonly text: string };

/** Where a bundle's content comes from. A path may lead nowhere: then the bundle lacks that file. */
export type Source = {
  readonly facts: BundleFacts;
  readonly files: Readonly<Record<string, Given>>;
  readonly chatTemplate: string | null;
};

/** An imported model's, from what came with it: the same that its first home would export. */
export async function recordSource(
  manifest: BundleManifest,
  fileOf: (name: string) => string,
): Promise<Source> {
  const kept = [EVENTS, METRICS, PROBE, TRAINING_DATA, VALIDATION_DATA];
  const chatTemplate = await readFile(fileOf(CHAT_TEMPLATE), "utf8").catch((error: unknown) => {
    if (isMissing(error)) return null;
    throw error;
  });
  return {
    facts: BundleFacts.parse(manifest),
    files: Object.fromEntries(kept.map((name) => [name, { path: fileOf(name) }])),
    chatTemplate,
  };
}
