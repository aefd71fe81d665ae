import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { BaseManifest } from "../../contract/models.ts";

/** A model that answers as it is, wherever it runs. */
export type ServedBase = {
  readonly id: string;
  readonly contextLength: number;
  readonly createdAt: number;
  /** Who it is from; left out: this server. */
  readonly owner?: string;
};

/** A base model on this machine, which can be trained; paths are absolute. */
export type Base = ServedBase & {
  readonly gguf: string;
  readonly hf: string;
  readonly parameters: number;
  readonly license?: string;
  /** SHA-256 of the file that it was made from. */
  readonly sourceSha256?: string | undefined;
};

const MANIFEST = "base.json";

function readBase(folder: string): Base {
  const manifest = BaseManifest.parse(JSON.parse(readFileSync(join(folder, MANIFEST), "utf8")));
  return {
    id: manifest.id,
    gguf: join(folder, manifest.gguf),
    hf: join(folder, manifest.hf),
    contextLength: manifest.context_length,
    parameters: manifest.parameters,
    createdAt: manifest.created,
    ...(manifest.license ? { license: manifest.license } : {}),
    sourceSha256: manifest.source_sha256,
  };
}

type Warn = (facts: object, message: string) => void;

/** A folder gets its name when all is in it; until then it begins with a dot. */
const isBase = (folder: string, name: string): boolean =>
  !name.startsWith(".") && existsSync(join(folder, name, MANIFEST));

/** The base models that stand complete in the folder (`<id>/base.json` is written last); one that is broken is left out. */
export function readBases(folder: string, warn: Warn = () => {}): ReadonlyMap<string, Base> {
  const bases = new Map<string, Base>();
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  for (const name of names.filter((one) => isBase(folder, one))) {
    try {
      const base = readBase(join(folder, name));
      bases.set(base.id, base);
    } catch (err) {
      warn({ err, file: join(folder, name, MANIFEST) }, "a base model is left out: its base.json is broken");
    }
  }
  return bases;
}
