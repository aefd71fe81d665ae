import { z } from "zod";
import { BundleProblem } from "./problem.ts";

const Tensor = z.object({
  dtype: z.string(),
  shape: z.array(z.int().min(0)).max(8),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});
const Header = z.record(z.string(), Tensor);

export type SafeTensor = { readonly name: string; readonly dtype: string; readonly shape: readonly number[] };

const LENGTH_BYTES = 8;
const SIZES: Readonly<Record<string, number>> = { F32: 4, F16: 2, BF16: 2 };

const product = (shape: readonly number[]) => shape.reduce((all, one) => all * one, 1);

function headerIn(start: Buffer): { readonly header: z.output<typeof Header>; readonly dataStart: number } {
  const length = Number(start.readBigUInt64LE(0));
  const dataStart = LENGTH_BYTES + length;
  if (dataStart > start.length) throw new RangeError("the header is longer than what is there");
  const { __metadata__: _, ...tensors } = JSON.parse(start.toString("utf8", LENGTH_BYTES, dataStart));
  return { header: Header.parse(tensors), dataStart };
}

/** The tensors lie one after the other without a gap, as long as their shapes say, to the file's end. */
function assertLayout(header: z.output<typeof Header>, bytes: number): void {
  let end = 0;
  const inOrder = Object.values(header).sort((a, b) => a.data_offsets[0] - b.data_offsets[0]);
  for (const { dtype, shape, data_offsets } of inOrder) {
    const [from, to] = data_offsets;
    if (from !== end || to - from !== product(shape) * (SIZES[dtype] ?? Number.NaN))
      throw new RangeError("a tensor lies elsewhere than its header says");
    end = to;
  }
  if (end !== bytes) throw new RangeError("the file is longer or shorter than its header says");
}

/** The tensors of a safetensors file, by its beginning and its length. */
export function parseSafetensors(start: Buffer, bytes: number, name: string): SafeTensor[] {
  try {
    const { header, dataStart } = headerIn(start);
    assertLayout(header, bytes - dataStart);
    return Object.entries(header).map(([tensor, { dtype, shape }]) => ({ name: tensor, dtype, shape }));
  } catch (cause) {
    throw new BundleProblem(`${name} is no safetensors file, or it is damaged.`, { cause });
  }
}
