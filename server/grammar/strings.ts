import { character, choice, type Expression, inSet, rule, sequence, text } from "./expression.ts";

/** First and last code point. */
export type Span = readonly [from: number, to: number];

const LAST = 0x10_ffff;
/** JSON writes these with a backslash, or not at all. */
const special: readonly Span[] = [
  [0, 31],
  [34, 34],
  [92, 92],
  [127, 127],
  [0xd800, 0xdfff],
];
const escaped: ReadonlyMap<number, string> = new Map([
  [8, "\\b"],
  [9, "\\t"],
  [10, "\\n"],
  [12, "\\f"],
  [13, "\\r"],
  [34, '\\"'],
  [92, "\\\\"],
]);

const hexDigit = character("0-9A-Fa-f");

/** One character of a string, as JSON writes it: the rule `char`. Escapes of surrogates are left out: halves are no text. */
export const anyCharacter = choice(
  character(`^${special.map(([from, to]) => setOf(from, to)).join("")}`),
  sequence(text("\\"), character("\\x22\\x5C/bfnrt")),
  sequence(
    text("\\u"),
    choice(sequence(character("0-9A-Ca-cEeFf"), hexDigit), sequence(character("Dd"), character("0-7"))),
    hexDigit,
    hexDigit,
  ),
);
export const char = rule("char");

function setOf(from: number, to: number): string {
  const first = inSet(String.fromCodePoint(from));
  return from === to ? first : `${first}-${inSet(String.fromCodePoint(to))}`;
}

function without([from, to]: Span, [low, high]: Span): Span[] {
  if (high < from || low > to) return [[from, to]];
  const parts: Span[] = [
    [from, low - 1],
    [high + 1, to],
  ];
  return parts.filter(([first, last]) => first <= last);
}

const subtract = (spans: readonly Span[], taken: readonly Span[]): Span[] =>
  taken.reduce<Span[]>((left, one) => left.flatMap((span) => without(span, one)), [...spans]);

export const complement = (spans: readonly Span[]): Span[] => subtract([[0, LAST]], spans);

/** One of these characters inside a JSON string; null: JSON can write none of them shortly. */
export function oneOf(spans: readonly Span[]): Expression | null {
  const plain = subtract(spans, special);
  const short = [...escaped].filter(([code]) => spans.some(([from, to]) => from <= code && code <= to));
  const choices = [
    ...(plain.length > 0 ? [character(plain.map(([from, to]) => setOf(from, to)).join(""))] : []),
    ...short.map(([, written]) => text(written)),
  ];
  return choices.length === 0 ? null : choice(...choices);
}
