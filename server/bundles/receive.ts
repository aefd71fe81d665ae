import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createInspector, type Inspector, parseManifest } from "../../bundle/inspect.ts";
import { isKnown, isMerged, MANIFEST } from "../../bundle/names.ts";
import { BundleProblem } from "../../bundle/problem.ts";
import { readArchive } from "../../bundle/read-bundle.ts";
import type { Entry } from "../../bundle/tar.ts";
import { type BundleManifest, MAX_BUNDLE_BYTES } from "../../contract/bundles.ts";
import { invalidBundle, tooLarge } from "./refusals.ts";

type Body = ReadableStream<Uint8Array> | null;

async function* chunksOf(reader: ReadableStreamDefaultReader<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

/** Reads what is left, so that the client gets to read the answer; within bounds. */
async function drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  let bytes = 0;
  try {
    for await (const chunk of chunksOf(reader)) {
      bytes += chunk.byteLength;
      if (bytes > MAX_BUNDLE_BYTES) return;
    }
  } catch {
    // The client went away: there is nothing left to read.
  }
}

async function write(content: AsyncIterable<Uint8Array>, path: string, signal: AbortSignal): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await pipeline(Readable.from(content), createWriteStream(path, { mode: 0o600, flush: true }), { signal });
}

type Place = { readonly folder: string; readonly signal: AbortSignal };

/** A merged model can be made again from the rest: it is checked, and not kept. */
async function pass(inspector: Inspector, entry: Entry, { folder, signal }: Place): Promise<void> {
  if (!isKnown(entry.name))
    throw new BundleProblem(`${JSON.stringify(entry.name.slice(0, 200))} is not part of a bundle.`);
  const content = inspector.pass(entry);
  if (!isMerged(entry.name)) return write(content, join(folder, entry.name), signal);
  for await (const _chunk of content) signal.throwIfAborted();
}

export type Received = { readonly manifest: BundleManifest; readonly inspector: Inspector };

type Needs = Place & {
  /** Refuses early what could not be taken in anyway. */
  readonly onManifest: (manifest: BundleManifest) => Promise<void>;
};

async function unpack(
  source: AsyncIterable<Uint8Array>,
  { folder, signal, onManifest }: Needs,
): Promise<Received> {
  const inspector = createInspector();
  let bytes = 0;
  for await (const entry of readArchive(source)) {
    bytes += isMerged(entry.name) ? 0 : entry.bytes;
    if (bytes > MAX_BUNDLE_BYTES) throw tooLarge();
    await pass(inspector, entry, { folder, signal });
    const text = entry.name === MANIFEST ? inspector.seen().get(MANIFEST)?.start : undefined;
    if (text) await onManifest(parseManifest(text.toString("utf8")));
  }
  const { manifest, problems } = inspector.report(isMerged);
  if (!manifest || problems.length > 0) throw invalidBundle(problems);
  return { manifest, inspector };
}

/** Unpacks a bundle into the folder, each of its files under its own name, and only one that is whole. */
export async function receiveBundle(body: Body, needs: Needs): Promise<Received> {
  if (!body) throw invalidBundle(["the request has no body; send the tar archive itself."]);
  const reader = body.getReader();
  try {
    return await unpack(chunksOf(reader), needs);
  } catch (error) {
    await drain(reader);
    throw error;
  }
}
