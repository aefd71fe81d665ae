import { createWriteStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createInspector, type Inspection } from "../bundle/inspect.ts";
import { isKnown, MANIFEST } from "../bundle/names.ts";
import { BundleProblem } from "../bundle/problem.ts";
import { readArchive } from "../bundle/read-bundle.ts";
import type { Entry } from "../bundle/tar.ts";
import { CliError } from "./cli-error.ts";

export type Target = {
  readonly path: string;
  readonly isTar: boolean;
  /** Replaces what is there, if that is an exported model. */
  readonly force: boolean;
};

type Kind = "absent" | "bundle" | "other";

async function kindOf({ path, isTar }: Target): Promise<Kind> {
  const stats = await stat(path).catch(() => null);
  if (!stats) return "absent";
  if (isTar) return stats.isFile() ? "bundle" : "other";
  if (!stats.isDirectory()) return "other";
  const names = await readdir(path);
  return names.length === 0 || names.includes(MANIFEST) ? "bundle" : "other";
}

/** Before anything is fetched: nothing is overwritten that is not meant to be. */
export async function assertFree(target: Target): Promise<void> {
  const kind = await kindOf(target);
  if (kind === "absent") return;
  const { path, isTar, force } = target;
  if (!force)
    throw new CliError(
      `${path} is there already: name another place with --output, or replace it with --force.`,
    );
  if (kind === "other")
    throw new CliError(
      `${path} is no ${isTar ? "file" : "exported model"}, so --force does not replace it. Name another place with --output.`,
    );
}

async function syncFolder(path: string): Promise<void> {
  await using handle = await open(path, "r");
  await handle.sync();
}

/** Puts what was written aside in its place; what was there goes once the new one stands. */
async function putInPlace(aside: string, { path, isTar }: Target): Promise<void> {
  const old = `${path}.old-${process.pid}`;
  const isReplacing = !isTar && (await stat(path).catch(() => null)) !== null;
  if (isReplacing) await rename(path, old);
  await rename(aside, path);
  await syncFolder(dirname(resolve(path)));
  if (isReplacing) await rm(old, { recursive: true, force: true });
}

async function* tee(
  content: AsyncIterable<Uint8Array>,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  await using file = await open(path, "w");
  for await (const chunk of content) {
    signal.throwIfAborted();
    await file.appendFile(chunk);
    yield chunk;
  }
  await file.sync();
}

async function writeEntry(
  content: AsyncIterable<Uint8Array>,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await pipeline(Readable.from(content), createWriteStream(path, { flush: true }), { signal });
}

async function inspectEntry(content: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _chunk of content);
}

type Writing = { readonly target: Target; readonly signal: AbortSignal };

/** Writes an archive as it comes, as it is or unpacked, and checks it on the way. Whole or absent. */
export async function writeBundle(
  content: AsyncIterable<Uint8Array>,
  { target, signal }: Writing,
): Promise<Inspection> {
  const aside = `${target.path}.partial-${process.pid}`;
  const inspector = createInspector();
  const source = target.isTar ? tee(content, aside, signal) : content;
  const keep = ({ name }: Entry, passed: AsyncIterable<Uint8Array>) =>
    target.isTar ? inspectEntry(passed) : writeEntry(passed, join(aside, name), signal);
  try {
    await mkdir(target.isTar ? dirname(resolve(target.path)) : aside, { recursive: true });
    for await (const entry of readArchive(source)) {
      if (!isKnown(entry.name))
        throw new BundleProblem(`${JSON.stringify(entry.name)} is not part of a bundle.`);
      await keep(entry, inspector.pass(entry));
    }
    const inspection = inspector.report();
    if (inspection.problems.length === 0) await putInPlace(aside, target);
    return inspection;
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}
