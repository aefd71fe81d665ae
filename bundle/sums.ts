import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { BundleFile } from "../contract/bundles.ts";

type Sum = Pick<BundleFile, "name" | "sha256">;

/** What `sha256sum -c` reads. */
export const sumsText = (files: readonly Sum[]): string =>
  files.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join("");

const LINE = /^([0-9a-f]{64}) [ *](.+)$/;

/** null: it has a line that is no sum. */
export function parseSums(text: string): Map<string, string> | null {
  const sums = new Map<string, string>();
  for (const line of text.split("\n").filter((one) => one !== "")) {
    const [, sum, name] = LINE.exec(line) ?? [];
    if (sum === undefined || name === undefined) return null;
    sums.set(name, sum);
  }
  return sums;
}

export const sha256Of = (content: string | Uint8Array): string =>
  createHash("sha256").update(content).digest("hex");

/** A file's length and sum, as it is read. */
export async function measureFile(
  path: string,
  signal?: AbortSignal,
): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash("sha256");
  let bytes = 0;
  const source = createReadStream(path, { highWaterMark: 1024 * 1024, ...(signal ? { signal } : {}) });
  for await (const chunk of source) {
    bytes += chunk.length;
    hash.update(chunk);
  }
  return { bytes, sha256: hash.digest("hex") };
}
