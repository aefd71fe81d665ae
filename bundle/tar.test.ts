import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { pack } from "tar-stream";
import { BundleProblem } from "./problem.ts";
import { packTar, type TarFile, tarBytes, unpackTar } from "./tar.ts";

const fileOf = (name: string, content: Uint8Array): TarFile => ({
  name,
  bytes: content.length,
  open: async function* () {
    yield content;
  },
});

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

async function* chunksOf(stream: AsyncIterable<unknown>) {
  for await (const chunk of stream) if (chunk instanceof Uint8Array) yield chunk;
}

async function* inPieces(content: Uint8Array, size: number) {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size);
}

async function entriesOf(archive: AsyncIterable<Uint8Array>): Promise<[string, Buffer][]> {
  const found: [string, Buffer][] = [];
  for await (const { name, content } of unpackTar(archive)) found.push([name, await bytesOf(content)]);
  return found;
}

test("what is packed comes out again, in archives of the promised length that repeat byte for byte", async () => {
  const contents = fc.array(fc.uint8Array({ maxLength: 2000 }), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(contents, fc.integer({ min: 1, max: 3000 }), async (files, piece) => {
      const named = files.map((content, index) => fileOf(`f${index}`, content));
      const archive = await bytesOf(packTar("top", named, 1_700_000_000));
      assert.equal(archive.length, tarBytes(files.map(({ length }) => length)));
      assert.deepEqual(await bytesOf(packTar("top", named, 1_700_000_000)), archive);
      const found = await entriesOf(inPieces(archive, piece));
      assert.deepEqual(
        found,
        files.map((content, index) => [`top/f${index}`, Buffer.from(content)]),
      );
    }),
    { numRuns: 40 },
  );
});

test("an archive cut anywhere, or that is none, is a problem and never a whole bundle", async () => {
  const archive = await bytesOf(packTar("top", [fileOf("a", Buffer.alloc(1500, 1))], 0));
  for (const end of [1, 511, 513, 1024, 2000])
    await assert.rejects(entriesOf(inPieces(archive.subarray(0, end), 700)), BundleProblem, String(end));
  await assert.rejects(entriesOf(inPieces(Buffer.alloc(4096, 7), 4096)), /no tar archive/);
  await assert.rejects(entriesOf(inPieces(Buffer.alloc(0), 1)), /empty/);
  await assert.rejects(entriesOf(inPieces(Buffer.from([0x1f, 0x8b, 8, 0]), 4)), /compressed/);
});

test("links, devices and paths that lead out are refused", async () => {
  const archiveWith = async (header: Parameters<ReturnType<typeof pack>["entry"]>[0]) => {
    const packer = pack();
    packer.entry(header, "");
    packer.finalize();
    return entriesOf(chunksOf(packer));
  };
  await assert.rejects(archiveWith({ name: "a", type: "symlink", linkname: "/etc/passwd" }), /a link/);
  await assert.rejects(archiveWith({ name: "a", type: "link", linkname: "b" }), /a link/);
  await assert.rejects(archiveWith({ name: "a", type: "fifo" }), /no plain file/);
  for (const name of ["../a", "top/../../a", "/etc/passwd", "top\\..\\a"])
    await assert.rejects(archiveWith({ name }), /leads out/, name);
});

test("what breaks the source is passed on as it is", async () => {
  async function* broken() {
    yield Buffer.alloc(100);
    throw new Error("the line broke");
  }
  await assert.rejects(entriesOf(broken()), /the line broke/);
});

test("a reader that leaves ends the source", async () => {
  const archive = await bytesOf(
    packTar("top", [fileOf("a", Buffer.alloc(5000)), fileOf("b", Buffer.alloc(9))], 0),
  );
  let hasEnded = false;
  async function* source() {
    try {
      yield* inPieces(archive, 512);
    } finally {
      hasEnded = true;
    }
  }
  for await (const _entry of unpackTar(source())) break;
  await new Promise(setImmediate);
  assert.equal(hasEnded, true);
});

test("a file that breaks while it is packed breaks the archive", async () => {
  const file: TarFile = {
    name: "a",
    bytes: 10,
    open: async function* () {
      yield Buffer.from("12345");
      throw new Error("the disk broke");
    },
  };
  await assert.rejects(bytesOf(packTar("top", [file], 0)), /the disk broke/);
});
