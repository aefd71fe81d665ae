import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract, type Header, pack } from "tar-stream";
import { MAX_BUNDLE_FILES } from "../contract/bundles.ts";
import { BundleProblem } from "./problem.ts";

export type TarFile = {
  readonly name: string;
  readonly bytes: number;
  readonly open: () => AsyncIterable<Uint8Array>;
};

/** In the order of the archive; each is read before the next one is asked for. */
export type TarFiles = Iterable<TarFile> | AsyncIterable<TarFile>;

/** One file of a bundle as it comes; its content is read before the next one is asked for. */
export type Entry = {
  /** With forward slashes, from within the bundle. */
  readonly name: string;
  readonly bytes: number;
  readonly content: AsyncIterable<Uint8Array>;
};

const BLOCK = 512;
const END_BYTES = 2 * BLOCK;
const MODE = 0o644;

/** The length of what `packTar` makes of files of these sizes, whose names fit a plain header. */
export const tarBytes = (sizes: readonly number[]): number =>
  sizes.reduce((sum, size) => sum + BLOCK + Math.ceil(size / BLOCK) * BLOCK, END_BYTES);

/** The library's streams carry whatever was put in, as far as their types know. */
async function* bytesOf(stream: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) if (chunk instanceof Uint8Array) yield chunk;
}

async function feed(
  packer: ReturnType<typeof pack>,
  files: TarFiles,
  header: Partial<Header>,
): Promise<void> {
  for await (const { name, bytes, open } of files) {
    const entry = packer.entry({ ...header, name: `${header.name}/${name}`, size: bytes });
    await pipeline(Readable.from(open(), { objectMode: false }), entry);
  }
  packer.finalize();
}

/** A tar archive with all files in one folder; the same files give the same bytes. `time`: unix seconds. */
export async function* packTar(folder: string, files: TarFiles, time: number): AsyncGenerator<Uint8Array> {
  const packer = pack();
  const header = { name: folder, mode: MODE, mtime: new Date(time * 1000), uid: 0, gid: 0 };
  const feeding = feed(packer, files, header);
  feeding.catch((cause: unknown) =>
    packer.destroy(cause instanceof Error ? cause : new Error(String(cause))),
  );
  try {
    yield* bytesOf(packer);
    await feeding;
  } finally {
    packer.destroy();
  }
}

const GZIP = [0x1f, 0x8b];
const ZSTD = [0x28, 0xb5];
const startsWith = (chunk: Uint8Array, magic: readonly number[]) =>
  magic.every((byte, index) => chunk[index] === byte);

/** The source as it is, with what broke it kept apart from what is wrong with the archive. */
function watched(source: AsyncIterable<Uint8Array>) {
  const state: { failure: unknown; bytes: number } = { failure: null, bytes: 0 };
  async function* chunks() {
    try {
      for await (const chunk of source) {
        if (state.bytes === 0 && (startsWith(chunk, GZIP) || startsWith(chunk, ZSTD)))
          throw new BundleProblem("The archive is compressed: unpack it to a plain .tar file first.");
        state.bytes += chunk.byteLength;
        yield chunk;
      }
    } catch (error) {
      state.failure = error;
      throw error;
    }
  }
  return { state, chunks: chunks() };
}

const quoted = (path: string) => JSON.stringify(path.slice(0, 200));

/** What no bundle holds is refused before anything is done with it. */
function assertPlain({ name, type }: Header): void {
  if (type === "link" || type === "symlink")
    throw new BundleProblem(`The archive holds a link, ${quoted(name)}: a bundle holds plain files only.`);
  if (type !== "file" && type !== "contiguous-file" && type !== "directory")
    throw new BundleProblem(`The archive holds ${quoted(name)}, which is no plain file.`);
  if (name.startsWith("/") || name.includes("\\") || name.split("/").includes(".."))
    throw new BundleProblem(`The archive holds ${quoted(name)}, a path that leads out of its folder.`);
}

/** In whose words it failed: the source's own, or that the archive is none. */
function asProblem(cause: unknown, sourceFailure: unknown): unknown {
  if (cause instanceof BundleProblem) return cause;
  if (sourceFailure !== null) return sourceFailure;
  return new BundleProblem("What was given is no tar archive, or it is cut short or damaged.", { cause });
}

/** The plain files of a tar archive, by their paths. What is no such archive is a `BundleProblem`. */
export async function* unpackTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<Entry> {
  const { state, chunks } = watched(source);
  const unpacker = extract();
  const feeding = pipeline(chunks, unpacker);
  feeding.catch(() => {});
  async function* contentOf(entry: AsyncIterable<unknown>) {
    try {
      yield* bytesOf(entry);
    } catch (cause) {
      throw asProblem(cause, state.failure);
    }
  }
  let count = 0;
  try {
    for await (const entry of unpacker) {
      assertPlain(entry.header);
      count += 1;
      if (count > MAX_BUNDLE_FILES)
        throw new BundleProblem(`The archive holds more than ${MAX_BUNDLE_FILES} files.`);
      const { name, size = 0, type } = entry.header;
      if (type !== "directory") yield { name, bytes: size, content: contentOf(entry) };
      entry.resume();
    }
    await feeding;
  } catch (cause) {
    throw asProblem(cause, state.failure);
  }
  if (count === 0) throw new BundleProblem("The archive is empty.");
}
