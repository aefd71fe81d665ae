import { createHash } from "node:crypto";
import { createWriteStream, existsSync } from "node:fs";
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { linkOrCopy, syncPath } from "../platform/disk.ts";
import { randomText } from "../platform/ids.ts";

const CHUNK_BYTES = 256 * 1024;

export type Stored = { readonly aside: string; readonly bytes: number; readonly sha256: string };

/** The bytes of files, in one folder: under their ids, which begin with `prefix`; in `incoming/` those not answered yet. */
export async function createFileBytes(folder: string, prefix = "file-") {
  const incoming = join(folder, "incoming");
  await rm(incoming, { recursive: true, force: true });
  await mkdir(incoming, { recursive: true });
  const pathOf = (id: string) => join(folder, id);

  /** Streams to disk, synced, under a name that `keep` or `discard` ends. What fails, or is aborted, leaves nothing. */
  async function receive(source: Readable, signal?: AbortSignal): Promise<Stored> {
    const aside = join(incoming, randomText(16));
    const hash = createHash("sha256");
    let bytes = 0;
    const count = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        bytes += chunk.length;
        done(null, chunk);
      },
    });
    try {
      await pipeline([source, count, createWriteStream(aside, { mode: 0o600, flush: true })], { signal });
    } catch (error) {
      await rm(aside, { force: true });
      throw error;
    }
    return { aside, bytes, sha256: hash.digest("hex") };
  }

  const remove = (id: string) => rm(pathOf(id), { force: true });

  /** Under the id for good, if `record` writes down that they are there; what is written down nowhere goes. */
  async function keep(stored: Stored, id: string, record: () => Promise<boolean>): Promise<boolean> {
    let isKept = false;
    try {
      await rename(stored.aside, pathOf(id));
      await syncPath(folder);
      isKept = await record();
      return isKept;
    } finally {
      if (!isKept) await remove(id);
    }
  }

  return {
    receive,
    keep,
    discard: (stored: Stored) => rm(stored.aside, { force: true }),
    remove,
    /** null: deleted, perhaps since its row was read. */
    find: (id: string) => streamFile(pathOf(id)),
    /** For those who read it themselves. */
    pathOf,
    /** Gives the bytes a second name, which outlives the file's deletion. */
    share: (id: string, path: string) => linkOrCopy(pathOf(id), path),
    /** What a crash left: bytes whose row was never written or is gone. */
    async sweep(isKnown: (id: string) => boolean): Promise<void> {
      const names = (await readdir(folder)).filter((name) => name.startsWith(prefix) && !isKnown(name));
      for (const name of names) await rm(pathOf(name), { force: true });
    },
    openStored: (stored: Stored) => open(stored.aside, "r"),
  };
}

/** A handle that nobody closes ends the process once it is collected: this one goes however the reading ends. */
async function* chunksOf(path: string): AsyncGenerator<Uint8Array> {
  await using handle = await open(path, "r");
  for (;;) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(CHUNK_BYTES));
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Looks now whether the file is there, and opens it only when it is read: an answer to HEAD never is. */
const streamFile = async (path: string): Promise<ReadableStream<Uint8Array> | null> =>
  existsSync(path) ? ReadableStream.from(chunksOf(path)) : null;

export type FileBytes = Awaited<ReturnType<typeof createFileBytes>>;
