import { printable } from "./words.ts";

export type Column<Item> = {
  readonly title: string;
  readonly of: (item: Item) => string;
  /** May lose its middle where the terminal is narrow; ids and names of models stay whole, so that they can be copied. */
  readonly shrinks?: true;
};

const GAP = 2;
const NARROWEST = 8;

/** Ends tell names of files apart, so the middle goes. */
export function shorten(text: string, width: number): string {
  if (text.length <= width) return text;
  const kept = Math.max(0, width - 1);
  const front = Math.ceil(kept / 2);
  return `${text.slice(0, front)}…${text.slice(text.length - (kept - front))}`;
}

/** Takes from the widest column that may shrink until the row fits, or nothing more can be taken. */
export function fitWidths(
  natural: readonly number[],
  shrinks: readonly boolean[],
  available: number,
): number[] {
  const widths = [...natural];
  const total = () => widths.reduce((sum, width) => sum + width, 0) + GAP * (widths.length - 1);
  while (total() > available) {
    const widest = widths.reduce(
      (best, width, index) => (shrinks[index] && width > (widths[best] ?? 0) ? index : best),
      shrinks.indexOf(true),
    );
    const width = widths[widest];
    if (width === undefined || width <= NARROWEST) break;
    widths[widest] = width - 1;
  }
  return widths;
}

/** `width` null: as wide as it gets, for files and pipes. */
export function renderTable<Item>(
  columns: readonly Column<Item>[],
  items: readonly Item[],
  width: number | null,
): string {
  const rows = [
    columns.map(({ title }) => title),
    ...items.map((item) => columns.map(({ of }) => printable(of(item)).replaceAll("\n", " "))),
  ];
  const natural = columns.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  const shrinks = columns.map((column) => column.shrinks === true);
  const widths = width === null ? natural : fitWidths(natural, shrinks, width);
  const render = (row: readonly string[]) =>
    row
      .map((cell, index) => shorten(cell, widths[index] ?? 0).padEnd(widths[index] ?? 0))
      .join(" ".repeat(GAP));
  return rows.map((row) => `${render(row).trimEnd()}\n`).join("");
}

const isWithin = (text: string, width: number) => text.split("\n").every(({ length }) => length <= width);

/** The first of several choices of columns that the terminal has room for; the last where it has for none. */
export function fittingColumns<Item>(
  choices: readonly (readonly Column<Item>[])[],
  items: readonly Item[],
  width: number | null,
): readonly Column<Item>[] {
  const found = choices.find(
    (columns) => width === null || isWithin(renderTable(columns, items, width), width),
  );
  return found ?? choices.at(-1) ?? [];
}

export type Fact = readonly [name: string, value: string];

/** One thing, a line a fact. */
export function renderFacts(facts: readonly Fact[]): string {
  const width = Math.max(...facts.map(([name]) => name.length)) + GAP;
  return facts.map(([name, value]) => `${name.padEnd(width)}${printable(value)}\n`).join("");
}
