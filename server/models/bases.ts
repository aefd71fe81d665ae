import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { BaseManifest } from "../../contract/models.ts";

/** A base model on this machine; paths are absolute. */
export type Base = {
  readonly id: string;
  readonly gguf: string;
  readonly hf: string;
  readonly contextLength: number;
  readonly parameters: number;
  readonly createdAt: number;
};

function readBase(folder: string): Base {
  const manifest = BaseManifest.parse(JSON.parse(readFileSync(join(folder, "base.json"), "utf8")));
  return {
    id: manifest.id,
    gguf: join(folder, manifest.gguf),
    hf: join(folder, manifest.hf),
    contextLength: manifest.context_length,
    parameters: manifest.parameters,
    createdAt: manifest.created,
  };
}

/** The base models that stand complete in the folder (`<id>/base.json` is written last). */
export function readBases(folder: string): ReadonlyMap<string, Base> {
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  const bases = names
    .filter((name) => existsSync(join(folder, name, "base.json")))
    .map((name) => readBase(join(folder, name)));
  return new Map(bases.map((base) => [base.id, base]));
}
