import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";

/** What a finished stage was made from. A stage whose stamp is missing was never finished. */
export type Stamp = Readonly<Record<string, string>>;

/** One hash over the contents; the same texts split otherwise give another hash. */
export function hashOf(contents: readonly string[]): string {
  const hash = createHash("sha256");
  for (const content of contents) hash.update(`${Buffer.byteLength(content)}\n`).update(content);
  return hash.digest("hex");
}

export const hashOfFiles = (paths: readonly string[]): string =>
  hashOf(paths.map((path) => readFileSync(path, "utf8")));

export function readStamp(path: string): Stamp {
  return existsSync(path) ? parseStamp(readFileSync(path, "utf8")) : {};
}

export function parseStamp(text: string): Stamp {
  const pairs = text.split("\n").map((line) => /^(\w+)=(.*)$/.exec(line));
  return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? "", pair?.[2] ?? ""]).filter(([key]) => key));
}

export function formatStamp(stamp: Stamp): string {
  return Object.entries(stamp)
    .map(([key, value]) => `${key}=${value}\n`)
    .join("");
}

export const writeStamp = (path: string, stamp: Stamp): void => writeFileSync(path, formatStamp(stamp));

/** Before a stage begins to change things: half-done must not look done. */
export const removeStamp = (path: string): void => rmSync(path, { force: true });
