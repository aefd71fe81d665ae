import type { TextStream } from "./meter.ts";
import { createMeter, silentMeter, widthOf } from "./meter.ts";
import { type Column, type Fact, renderFacts, renderTable } from "./table.ts";

type Needs = { readonly out: TextStream; readonly err: TextStream; readonly isJson: () => boolean };

/** Where all output goes: results to stdout (as JSON when asked), remarks and bars to stderr. */
export function createShow({ out, err, isJson }: Needs) {
  const json = (value: unknown) => out.write(`${JSON.stringify(value, null, 2)}\n`);

  /** null: no terminal, as wide as it gets. */
  const width = () => (out.isTTY ? widthOf(out) : null);

  return {
    isJson,
    width,
    one(value: unknown, facts: readonly Fact[]): void {
      if (isJson()) json(value);
      else out.write(renderFacts(facts));
    },
    list<Item>(items: readonly Item[], columns: readonly Column<Item>[], whenEmpty: string): void {
      if (isJson()) json(items);
      else if (items.length === 0) err.write(`${whenEmpty}\n`);
      else out.write(renderTable(columns, items, width()));
    },
    /** One JSON value a line, for streams of them. */
    jsonLine: (value: unknown): void => {
      out.write(`${JSON.stringify(value)}\n`);
    },
    json: (value: unknown): void => {
      json(value);
    },
    text: (text: string): void => {
      out.write(text);
    },
    /** For people only. */
    remark(line: string): void {
      if (!isJson()) err.write(`${line}\n`);
    },
    meter: () => (isJson() ? silentMeter : createMeter(err)),
  };
}
export type Show = ReturnType<typeof createShow>;
