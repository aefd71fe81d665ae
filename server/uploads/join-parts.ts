import type { Hash } from "node:crypto";
import type { FileBytes } from "../files/file-bytes.ts";

/** The bytes of the parts, one after the other, a chunk in memory at a time; `hash` is told of each. */
export async function* joinParts(
  ids: readonly string[],
  bytes: Pick<FileBytes, "find">,
  hash: Hash,
): AsyncGenerator<Uint8Array> {
  for (const id of ids) {
    const part = await bytes.find(id);
    if (!part) throw new Error(`The bytes of part ${id} are gone.`);
    for await (const chunk of part) {
      hash.update(chunk);
      yield chunk;
    }
  }
}
