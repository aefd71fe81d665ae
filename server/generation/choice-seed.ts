/** A prime near 2³²: larger seeds of a caller come to what every engine and a double can count with. */
const SEEDS = 4_294_967_291;

/** The seed of one of several choices, each its own; undefined: any. */
export function choiceSeed(seed: number | null | undefined, choice: number): number | undefined {
  if (seed === null || seed === undefined) return undefined;
  return (Number.isSafeInteger(seed) ? seed : seed % SEEDS) + choice;
}
