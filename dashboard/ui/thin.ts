/** A line's points, x ascending; null where nothing was measured. */
export type Line = { readonly x: readonly number[]; readonly values: readonly (number | null)[] };
export type Points = { readonly x: number[]; readonly values: number[] };
export type Range = { readonly min: number; readonly max: number };

const lowest = (values: Line["values"], a: number, b: number) =>
  (values[b] ?? 0) < (values[a] ?? 0) ? b : a;
const highest = (values: Line["values"], a: number, b: number) =>
  (values[b] ?? 0) > (values[a] ?? 0) ? b : a;

type Bucket = { first: number; last: number; low: number; high: number };
const open = (index: number): Bucket => ({ first: index, last: index, low: index, high: index });

function add(bucket: Bucket, index: number, values: Line["values"]): void {
  bucket.last = index;
  bucket.low = lowest(values, bucket.low, index);
  bucket.high = highest(values, bucket.high, index);
}

const kept = ({ first, last, low, high }: Bucket): number[] =>
  [...new Set([first, low, high, last])].sort((a, b) => a - b);

/** Two pixels wide: four points in each draw the same line as all of them. */
const bucketsFor = (width: number) => Math.max(1, Math.ceil(width / 2));

function thinned(inside: readonly number[], { x, values }: Line, { min, max }: Range, buckets: number) {
  const found: number[] = [];
  let number = -1;
  let bucket: Bucket | null = null;
  for (const index of inside) {
    const own = Math.floor((((x[index] ?? 0) - min) / (max - min || 1)) * buckets);
    if (bucket && own === number) {
      add(bucket, index, values);
      continue;
    }
    if (bucket) found.push(...kept(bucket));
    bucket = open(index);
    number = own;
  }
  return bucket ? [...found, ...kept(bucket)] : found;
}

/** Those in the range; and beside it the nearest ones, where the line comes from and goes to. */
function split({ x, values }: Line, { min, max }: Range) {
  const inside: number[] = [];
  const before: number[] = [];
  const after: number[] = [];
  values.forEach((value, index) => {
    if (value === null) return;
    const at = x[index] ?? 0;
    if (at < min) before[before.length > 0 ? 1 : 0] = index;
    else if (at <= max) inside.push(index);
    else after[after.length > 0 ? 1 : 0] = index;
  });
  return { inside, before, after };
}

/**
 * So many points of a line as a plot of this width can show: of each two pixels the first, the last, the lowest and
 * the highest, so that no spike is lost. The line's very first and last stay, so that the plot knows its whole range.
 */
export function thin(line: Line, range: Range, width: number): Points {
  const { inside, before, after } = split(line, range);
  const buckets = bucketsFor(width);
  const shown = inside.length <= 4 * buckets ? inside : thinned(inside, line, range, buckets);
  const indices = [...before, ...shown, ...after];
  return {
    x: indices.map((index) => line.x[index] ?? 0),
    values: indices.map((index) => line.values[index] ?? 0),
  };
}
