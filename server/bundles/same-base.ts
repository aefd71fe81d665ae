import { open } from "node:fs/promises";
import { type AdapterParts, assertFits } from "../../bundle/adapter.ts";
import { type GgufHeader, parseGguf } from "../../bundle/gguf.ts";
import type { BundleBase, BundleManifest } from "../../contract/bundles.ts";
import type { Base } from "../models/bases.ts";
import { isMissing } from "../platform/disk.ts";
import { invalidBundle, lacksBase, otherBase } from "./refusals.ts";

/** Vocabularies of hundreds of thousands of words stand in a header, too. */
const HEADER_BYTES = 64 * 1024 * 1024;

async function readStart(path: string): Promise<Buffer> {
  await using handle = await open(path, "r");
  const { size } = await handle.stat();
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.min(size, HEADER_BYTES)), 0);
  return buffer.subarray(0, bytesRead);
}

async function headerOf(base: Base): Promise<GgufHeader> {
  try {
    return parseGguf(await readStart(base.gguf), "the base's file");
  } catch (cause) {
    if (isMissing(cause)) throw lacksBase(base.id);
    throw new Error(`The base model ${base.id} cannot be read.`, { cause });
  }
}

/**
 * What tells two bases of one name apart; null: nothing does. The served file decides; where a newer program made
 * another one of the same source, they are the same weights.
 */
export function differenceOf(wanted: BundleBase, own: BundleBase): string | null {
  const [theirs, ours] = [wanted.gguf?.sha256, own.gguf?.sha256];
  if (theirs && ours && theirs === ours) return null;
  const [source, ownSource] = [wanted.source_sha256, own.source_sha256];
  if (source && ownSource)
    return source === ownSource
      ? null
      : `it was made from a file with the SHA-256 sum ${source}, this one from ${ownSource}.`;
  return theirs && ours ? `its file had the SHA-256 sum ${theirs}, this one has ${ours}.` : null;
}

export function baseFor({ model, base: { id } }: BundleManifest, bases: ReadonlyMap<string, Base>): Base {
  if (!model.startsWith(`ft:${id}:`)) throw invalidBundle([`${model} is not the name of a model on ${id}.`]);
  const base = bases.get(id);
  if (!base) throw lacksBase(id);
  return base;
}

/** Refuses a model of another base of that name, and an adapter that an engine would die of. */
export async function assertSameBase(
  { base: wanted }: BundleManifest,
  { gguf, ggufBytes }: Pick<AdapterParts, "gguf" | "ggufBytes">,
  own: { readonly base: Base; readonly record: BundleBase },
): Promise<void> {
  const difference = differenceOf(wanted, own.record);
  if (difference) throw otherBase(wanted.id, difference);
  assertFits(gguf, ggufBytes, await headerOf(own.base));
}
