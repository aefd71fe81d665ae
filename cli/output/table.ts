import { printable } from "./words.ts";
import { wrap } from "./wrap.ts";

export type Column<Item> = {
  readonly title: string;
  readonly of: (item: Item) => string;
  /** May lose its middle where the terminal is narrow; ids and names of models stay whole, so that they can be copied. */
  readonly shrinks?: true;
  /** Where the terminal is too narrow for the row, it stands on a line of its own under it. */
  readonly dropsBelow?: true;
  /** A sentence in the last column: it goes on in the next line, under its beginning. */
  readonly wraps?: true;
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

const isWithin = (text: string, width: number) => text.split("\n").every(({ length }) => length <= width);

const UNDER = "  ";
/** Fewer letters a line read worse than a line that the terminal breaks. */
const NARROWEST_SENTENCE = 20;

const cellOf = <Item>({ of }: Column<Item>, item: Item): string => printable(of(item)).replaceAll("\n", " ");

/** The last cell of a row that begins at `offset`, in as many lines as it takes. */
function lastCell(cell: string, offset: number, width: number | null): string {
  const room = (width ?? 0) - offset;
  if (width === null || cell.length <= room || room < NARROWEST_SENTENCE) return cell;
  return wrap(cell, room)
    .trimEnd()
    .replaceAll("\n", `\n${" ".repeat(offset)}`);
}

/** `below`: columns that stand under each row. */
function renderRows<Item>(
  columns: readonly Column<Item>[],
  below: readonly Column<Item>[],
  { items, width }: { readonly items: readonly Item[]; readonly width: number | null },
): string {
  const titles = columns.map(({ title }) => title);
  const rows = items.map((item) => columns.map((column) => cellOf(column, item)));
  const isSentence = columns.at(-1)?.wraps === true;
  const natural = columns.map((_, index) =>
    isSentence && index === columns.length - 1
      ? 0
      : Math.max(...[titles, ...rows].map((row) => row[index]?.length ?? 0)),
  );
  const shrinks = columns.map((column) => column.shrinks === true);
  const widths = width === null ? natural : fitWidths(natural, shrinks, width);
  const offset = widths.slice(0, -1).reduce((sum, one) => sum + one + GAP, 0);
  const render = (row: readonly string[]) =>
    row
      .map((cell, index) => {
        if (isSentence && index === row.length - 1) return lastCell(cell, offset, width);
        return shorten(cell, widths[index] ?? 0).padEnd(widths[index] ?? 0);
      })
      .join(" ".repeat(GAP))
      .trimEnd();
  const under = (item: Item) =>
    wrap(below.map((column) => cellOf(column, item)).join(" "), width ?? Infinity, UNDER);
  return [
    `${render(titles)}\n`,
    ...items.map((item, at) => `${render(rows[at] ?? [])}\n${under(item)}`),
  ].join("");
}

/** `width` null: as wide as it gets, for files and pipes. */
export function renderTable<Item>(
  columns: readonly Column<Item>[],
  items: readonly Item[],
  width: number | null,
): string {
  const whole = renderRows(columns, [], { items, width });
  const below = columns.filter(({ dropsBelow }) => dropsBelow);
  if (width === null || below.length === 0 || isWithin(whole, width)) return whole;
  const beside = columns.filter(({ dropsBelow }) => !dropsBelow);
  return renderRows(beside, below, { items, width });
}

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
