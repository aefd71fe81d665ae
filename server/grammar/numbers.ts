import {
  character,
  choice,
  type Expression,
  nothing,
  optional,
  repeat,
  sequence,
  text,
} from "./expression.ts";

/** Bounds are whole numbers; null: none. */
export type Range = { readonly min: number | null; readonly max: number | null };
export type DecimalRange = Range & { readonly isAboveMin: boolean; readonly isBelowMax: boolean };

/** Fifteen digits: what every reader of JSON keeps exactly. */
export const LARGEST = 999_999_999_999_999;

const digit = character("0-9");
const digits = (count: number) => (count === 0 ? nothing : repeat(digit, count, count));

function digitBetween(low: number, high: number): Expression[] {
  if (low > high) return [];
  return [low === high ? text(String(low)) : character(`${low}-${high}`)];
}

/** The numbers from `low` to `high`, both written with as many digits. */
function sameLength(low: string, high: string): Expression {
  const rest = low.length - 1;
  if (/^0*$/.test(low) && /^9*$/.test(high)) return digits(low.length);
  const [from, to] = [Number(low[0]), Number(high[0])];
  if (rest === 0) return choice(...digitBetween(from, to));
  if (from === to) return sequence(text(String(from)), sameLength(low.slice(1), high.slice(1)));
  return choice(
    sequence(text(String(from)), sameLength(low.slice(1), "9".repeat(rest))),
    ...digitBetween(from + 1, to - 1).map((first) => sequence(first, digits(rest))),
    sequence(text(String(to)), sameLength("0".repeat(rest), high.slice(1))),
  );
}

/** From zero up; no choices where the range is empty. */
function naturals(low: number, high: number): Expression[] {
  const lengths = Array.from({ length: 15 }, (_, index) => index + 1);
  return lengths.flatMap((length) => {
    const from = Math.max(low, length === 1 ? 0 : 10 ** (length - 1));
    const to = Math.min(high, 10 ** length - 1);
    return from > to ? [] : [sameLength(String(from), String(to))];
  });
}

const negative = (choices: readonly Expression[]) =>
  choices.length === 0 ? [] : [sequence(text("-"), choice(...choices))];

const bounds = ({ min, max }: Range) => ({
  low: Math.max(min ?? -LARGEST, -LARGEST),
  high: Math.min(max ?? LARGEST, LARGEST),
});

/** null: no whole number is in the range. */
export function integerIn(range: Range): Expression | null {
  const { low, high } = bounds(range);
  const choices = [...naturals(Math.max(low, 0), high), ...negative(naturals(Math.max(-high, 1), -low))];
  return choices.length === 0 ? null : choice(...choices);
}

const fraction = sequence(text("."), repeat(digit, 1, 15));
const smallFraction = sequence(text("."), repeat(digit, 0, 14), character("1-9"));

type Side = { low: number; high: number; isAboveLow: boolean; isBelowHigh: boolean };

/** Decimals from zero up: whole parts that any fraction may follow, and the two ends. */
function decimals({ low, high, isAboveLow, isBelowHigh }: Side): Expression[] {
  if (low > high) return [];
  const inside = naturals(isAboveLow ? low + 1 : low, high - 1).map((whole) =>
    sequence(whole, optional(fraction)),
  );
  const first = isAboveLow && low < high ? [sequence(text(String(low)), smallFraction)] : [];
  const hasLast = !isBelowHigh && !(isAboveLow && low === high);
  return [...inside, ...first, ...(hasLast ? [text(String(high))] : [])];
}

/** null: no number is in the range. Numbers are written without exponents. */
export function decimalIn(range: DecimalRange): Expression | null {
  const { low, high } = bounds(range);
  const { isAboveMin, isBelowMax } = range;
  const positive = decimals({
    low: Math.max(low, 0),
    high,
    isAboveLow: low >= 0 && isAboveMin,
    isBelowHigh: isBelowMax,
  });
  const below = decimals({
    low: Math.max(-high, 0),
    high: -low,
    isAboveLow: high < 0 ? isBelowMax : true,
    isBelowHigh: isAboveMin,
  });
  const choices = [...positive, ...negative(below)];
  return choices.length === 0 ? null : choice(...choices);
}

export const anyInteger = sequence(
  optional(text("-")),
  choice(text("0"), sequence(character("1-9"), repeat(digit, 0, 14))),
);

export const anyNumber = sequence(
  anyInteger,
  optional(fraction),
  optional(sequence(character("eE"), optional(character("+\\x2D")), repeat(digit, 1, 2))),
);
