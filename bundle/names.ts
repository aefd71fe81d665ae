/** Every name that a bundle's file can have; nothing else is read or written. */
export const MANIFEST = "perennial.json";
export const SUMS = "SHA256SUMS";
export const RECIPE = "recipe.json";
export const PEFT_CONFIG = "adapter/adapter_config.json";
export const PEFT_WEIGHTS = "adapter/adapter_model.safetensors";
export const GGUF_ADAPTER = "adapter.gguf";
export const CHAT_TEMPLATE = "chat_template.jinja";
export const METRICS = "metrics.csv";
export const EVENTS = "events.jsonl";
export const PROBE = "data/fidelity.json";
export const TRAINING_DATA = "data/train.jsonl";
export const VALIDATION_DATA = "data/validation.jsonl";
export const MODELFILE = "Modelfile";
export const README = "README.md";
export const MERGED_GGUF = "merged/model.gguf";

/** Without these there is no model to use. */
export const NEEDED = [PEFT_CONFIG, PEFT_WEIGHTS, GGUF_ADAPTER] as const;

/** What a server keeps of an imported model beside its adapter, to export it again. */
export const RECORD = [
  ...[MANIFEST, CHAT_TEMPLATE, METRICS, EVENTS, PROBE],
  ...[TRAINING_DATA, VALIDATION_DATA],
] as const;

const known: ReadonlySet<string> = new Set([...NEEDED, ...RECORD, RECIPE, MODELFILE, README, SUMS]);
const merged = /^merged\/[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

export const isMerged = (name: string): boolean => merged.test(name);
export const isKnown = (name: string): boolean => known.has(name) || isMerged(name);

const LONGEST_FOLDER = 100;

/** The bundle's folder: the model's name as every file system takes it. Its end tells models apart. */
export function folderOf(model: string): string {
  const safe = model.replaceAll(":", "_").replace(/[^A-Za-z0-9._-]/g, "-");
  return safe.length <= LONGEST_FOLDER ? safe : `ft_${safe.slice(3 - LONGEST_FOLDER)}`;
}

/** A path of an archive as the name of a bundle's file: with or without the one folder around it all. */
export function nameIn(path: string): string {
  const plain = path.replace(/^(\.\/)+/, "");
  return isKnown(plain) ? plain : plain.slice(plain.indexOf("/") + 1);
}
