import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import {
  CHAT_TEMPLATE,
  GGUF_ADAPTER,
  isMerged,
  MANIFEST,
  MERGED_GGUF,
  MODELFILE,
  PEFT_CONFIG,
  PEFT_WEIGHTS,
  PROBE,
  README,
  RECIPE,
  SUMS,
  TRAINING_DATA,
  VALIDATION_DATA,
} from "../../bundle/names.ts";
import { measureFile, sha256Of, sumsText } from "../../bundle/sums.ts";
import {
  BUNDLE_FORMAT,
  BUNDLE_VERSION,
  type BundleFile,
  type BundleManifest,
} from "../../contract/bundles.ts";
import { isMissing, linkOrCopy } from "../platform/disk.ts";
import { canThink, modelfile } from "./modelfile.ts";
import { readme } from "./readme.ts";
import type { Given, Source } from "./source.ts";

const privateFiles: readonly string[] = [TRAINING_DATA, VALIDATION_DATA, PROBE];

const pretty = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

/** PEFT notes where the base was, a path that means nothing elsewhere. */
export function portableConfig(text: string, base: string): string {
  const config: unknown = JSON.parse(text);
  return pretty({ ...Object(config), base_model_name_or_path: base });
}

async function put(folder: string, name: string, given: Given): Promise<boolean> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  try {
    if ("text" in given) await writeFile(path, given.text);
    else await linkOrCopy(given.path, path);
    return true;
  } catch (error) {
    if ("path" in given && isMissing(error)) return false;
    throw error;
  }
}

/** False: the adapter is not there any more. */
async function putAdapter(folder: string, adapterFolder: string, base: string): Promise<boolean> {
  const config = await readFile(join(adapterFolder, "adapter_config.json"), "utf8").catch(
    (error: unknown) => {
      if (isMissing(error)) return null;
      throw error;
    },
  );
  if (config === null) return false;
  await put(folder, PEFT_CONFIG, { text: portableConfig(config, base) });
  const weights = { path: join(adapterFolder, "adapter_model.safetensors") };
  const gguf = { path: join(adapterFolder, "adapter.gguf") };
  return (await put(folder, PEFT_WEIGHTS, weights)) && (await put(folder, GGUF_ADAPTER, gguf));
}

async function namesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return paths.map((path) => path.slice(folder.length + 1).replaceAll("\\", "/")).sort();
}

async function measure(folder: string, signal: AbortSignal): Promise<BundleFile[]> {
  const files: BundleFile[] = [];
  for (const name of await namesIn(folder))
    files.push({ name, ...(await measureFile(join(folder, name), signal)) });
  return files;
}

/** Files of its own names in `folder`, so that deleting the model meanwhile does not hurt. False: it is gone already. */
export async function stageFiles(
  { facts, files, chatTemplate }: Source,
  { folder, adapterFolder, withData }: { folder: string; adapterFolder: string; withData: boolean },
): Promise<boolean> {
  if (!(await putAdapter(folder, adapterFolder, facts.base.id))) return false;
  if (chatTemplate !== null) await put(folder, CHAT_TEMPLATE, { text: chatTemplate });
  for (const [name, given] of Object.entries(files))
    if (withData || !privateFiles.includes(name)) await put(folder, name, given);
  return true;
}

const Ranked = z.object({ r: z.number() });

async function rankIn(folder: string): Promise<number> {
  return Ranked.parse(JSON.parse(await readFile(join(folder, PEFT_CONFIG), "utf8"))).r;
}

/** Writes what follows from the rest: recipe, Modelfile, README, and at last the manifest and the sums of everything. */
export async function finishStage(
  folder: string,
  { facts, chatTemplate }: Source,
  { version, signal }: { version: string; signal: AbortSignal },
): Promise<BundleManifest> {
  const before = await namesIn(folder);
  const hasMergedGguf = before.includes(MERGED_GGUF);
  const merged = hasMergedGguf ? "gguf" : before.some(isMerged) ? "safetensors" : null;
  const names = [...before, MANIFEST, MODELFILE, README, RECIPE, SUMS].sort();
  const thinks = chatTemplate !== null && canThink(chatTemplate);
  const shown = { facts, merged, names, rank: await rankIn(folder), canThink: thinks } as const;
  await put(folder, RECIPE, { text: pretty({ model: facts.model, base: facts.base, ...facts.recipe }) });
  await put(folder, MODELFILE, { text: modelfile(facts, chatTemplate, hasMergedGguf) });
  await put(folder, README, { text: readme(shown) });
  const made = { format: BUNDLE_FORMAT, version: BUNDLE_VERSION, made_by: { perennial: version } } as const;
  const manifest = { ...made, ...facts, files: await measure(folder, signal) };
  const text = pretty(manifest);
  await put(folder, MANIFEST, { text });
  const sums = [{ name: MANIFEST, sha256: sha256Of(text) }, ...manifest.files];
  await put(folder, SUMS, { text: sumsText(sums) });
  return manifest;
}
