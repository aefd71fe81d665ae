import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { linkOrCopy, syncPath } from "../platform/disk.ts";
import { randomText } from "../platform/ids.ts";

export type Stored = { readonly aside: string; readonly bytes: number; readonly sha256: string };

/** The bytes of files, in one folder: `<file id>` for kept ones, `incoming/…` for those not answered yet. */
export async function createFileBytes(folder: string) {
  const incoming = join(folder, "incoming");
  await rm(incoming, { recursive: true, force: true });
  await mkdir(incoming, { recursive: true });
  const pathOf = (id: string) => join(folder, id);

  /** Streams to disk, synced, under a name that `keep` or `discard` ends. */
  async function receive(source: Readable): Promise<Stored> {
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
    await pipeline(source, count, createWriteStream(aside, { mode: 0o600, flush: true }));
    return { aside, bytes, sha256: hash.digest("hex") };
  }

  async function keep(stored: Stored, id: string): Promise<void> {
    await rename(stored.aside, pathOf(id));
    await syncPath(folder);
  }

  return {
    receive,
    keep,
    discard: (stored: Stored) => rm(stored.aside, { force: true }),
    remove: (id: string) => rm(pathOf(id), { force: true }),
    read: (id: string) => Readable.toWeb(createReadStream(pathOf(id))) as ReadableStream<Uint8Array>,
    /** Gives the bytes a second name, which outlives the file's deletion. */
    share: (id: string, path: string) => linkOrCopy(pathOf(id), path),
    /** What a crash left: bytes whose row was never written or is gone. */
    async sweep(isKnown: (id: string) => boolean): Promise<void> {
      const names = (await readdir(folder)).filter((name) => name.startsWith("file-") && !isKnown(name));
      for (const name of names) await rm(pathOf(name), { force: true });
    },
    openStored: (stored: Stored) => open(stored.aside, "r"),
  };
}
export type FileBytes = Awaited<ReturnType<typeof createFileBytes>>;
