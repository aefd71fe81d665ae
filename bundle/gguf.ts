import { BundleProblem } from "./problem.ts";

export type GgufTensor = {
  readonly name: string;
  /** As GGUF counts them: what lies side by side in the file comes first. */
  readonly shape: readonly number[];
  readonly type: number;
  readonly offset: number;
};

export type GgufHeader = {
  /** Single values; of arrays nothing is kept. */
  readonly values: ReadonlyMap<string, string | number | boolean>;
  readonly tensors: readonly GgufTensor[];
  /** Where the tensors' bytes begin. */
  readonly dataStart: number;
};

const MAGIC = 0x46554747;
const VERSIONS: readonly number[] = [2, 3];
const STRING = 8;
const ARRAY = 9;
const SIZES: Readonly<Record<number, number>> = {
  ...{ 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1 },
  ...{ 10: 8, 11: 8, 12: 8 },
};
const MOST_DIMENSIONS = 4;
const ALIGNMENT = 32;

/** Reads on from where it is; past the end Buffer throws. */
function createReader(bytes: Buffer) {
  let at = 0;
  const take = (size: number): number => {
    const from = at;
    at += size;
    if (at > bytes.length) throw new RangeError("past the end");
    return from;
  };
  const long = () => Number(bytes.readBigUInt64LE(take(8)));
  const reader = {
    position: () => at,
    skip: take,
    int: () => bytes.readUInt32LE(take(4)),
    long,
    text(): string {
      const from = take(long());
      return bytes.toString("utf8", from, at);
    },
  };
  return { ...reader, bytes };
}
type Reader = ReturnType<typeof createReader>;

function skipArray(reader: Reader): void {
  const type = reader.int();
  const count = reader.long();
  const size = SIZES[type];
  if (size !== undefined) reader.skip(size * count);
  else if (type === STRING) for (let index = 0; index < count; index += 1) reader.skip(reader.long());
  else throw new RangeError(`arrays of type ${type}`);
}

const readers: Readonly<Record<number, (bytes: Buffer, at: number) => number | boolean>> = {
  0: (bytes, at) => bytes.readUInt8(at),
  1: (bytes, at) => bytes.readInt8(at),
  2: (bytes, at) => bytes.readUInt16LE(at),
  3: (bytes, at) => bytes.readInt16LE(at),
  4: (bytes, at) => bytes.readUInt32LE(at),
  5: (bytes, at) => bytes.readInt32LE(at),
  6: (bytes, at) => bytes.readFloatLE(at),
  7: (bytes, at) => bytes.readUInt8(at) !== 0,
  10: (bytes, at) => Number(bytes.readBigUInt64LE(at)),
  11: (bytes, at) => Number(bytes.readBigInt64LE(at)),
  12: (bytes, at) => bytes.readDoubleLE(at),
};

function readValue(reader: Reader): string | number | boolean | null {
  const type = reader.int();
  if (type === STRING) return reader.text();
  if (type === ARRAY) {
    skipArray(reader);
    return null;
  }
  const [size, read] = [SIZES[type], readers[type]];
  if (size === undefined || !read) throw new RangeError(`values of type ${type}`);
  return read(reader.bytes, reader.skip(size));
}

function readTensor(reader: Reader): GgufTensor {
  const name = reader.text();
  const dimensions = reader.int();
  if (dimensions > MOST_DIMENSIONS) throw new RangeError(`${dimensions} dimensions`);
  const shape = Array.from({ length: dimensions }, reader.long);
  return { name, shape, type: reader.int(), offset: reader.long() };
}

function readHeader(reader: Reader): GgufHeader {
  if (reader.int() !== MAGIC || !VERSIONS.includes(reader.int())) throw new RangeError("no GGUF");
  const [tensorCount, valueCount] = [reader.long(), reader.long()];
  const values = new Map<string, string | number | boolean>();
  for (let index = 0; index < valueCount; index += 1) {
    const name = reader.text();
    const value = readValue(reader);
    if (value !== null) values.set(name, value);
  }
  const tensors: GgufTensor[] = [];
  for (let index = 0; index < tensorCount; index += 1) tensors.push(readTensor(reader));
  const alignment = Number(values.get("general.alignment") ?? ALIGNMENT);
  if (!(alignment > 0)) throw new RangeError("alignment");
  return { values, tensors, dataStart: Math.ceil(reader.position() / alignment) * alignment };
}

/** The header at the beginning of a GGUF file. `name`: for the sentence about one that is none. */
export function parseGguf(start: Buffer, name: string): GgufHeader {
  try {
    return readHeader(createReader(start));
  } catch (cause) {
    throw new BundleProblem(`${name} is no GGUF file, or its header is damaged.`, { cause });
  }
}
