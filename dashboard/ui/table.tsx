// biome-ignore-all lint/a11y/useSemanticElements: rows are placed by script, which those of a table element cannot be
// biome-ignore-all lint/a11y/useFocusableInteractive: a table that is only read; the links in it take the focus
// biome-ignore-all lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useRef } from "react";
import { useIsNarrow } from "./narrow.ts";

export type Column<Row> = {
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  /** As CSS grids have it; "1fr" unless given. */
  readonly width?: string;
  readonly isNumber?: boolean;
  /** Left out where the window is narrow. */
  readonly isExtra?: boolean;
};

type Props<Row> = {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  /** Called when the last rows come into view. */
  readonly onEnd?: () => void;
};

const ROW_PX = 41;
const cell = "min-w-0 overflow-hidden px-3 py-2 text-ellipsis whitespace-nowrap";

/** Only the rows in view are in the document, so that 10,000 of them scroll as smoothly as ten. */
export function Table<Row>({ label, columns, rows, keyOf, onEnd }: Props<Row>) {
  const box = useRef<HTMLDivElement>(null);
  const isNarrow = useIsNarrow();
  const shown = isNarrow ? columns.filter(({ isExtra }) => !isExtra) : columns;
  const gridTemplateColumns = shown.map(({ width }) => width ?? "minmax(0, 1fr)").join(" ");
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
    onChange: ({ range }) => {
      if (range && range.endIndex >= rows.length - 1) onEnd?.();
    },
  });
  // Before it is measured the height is 0.
  const isScrolling = virtual.getTotalSize() > (virtual.scrollRect?.height || Number.POSITIVE_INFINITY);
  const align = ({ isNumber }: Column<Row>) => `${cell} ${isNumber ? "text-right tabular-nums" : ""}`;
  return (
    <div
      role="table"
      aria-label={label}
      aria-rowcount={rows.length + 1}
      className="rounded-lg border border-line bg-panel"
    >
      <div role="rowgroup">
        <div
          role="row"
          aria-rowindex={1}
          className={`grid overflow-hidden border-b border-line text-sm font-medium text-soft ${isScrolling ? "[scrollbar-gutter:stable]" : ""}`}
          style={{ gridTemplateColumns }}
        >
          {shown.map((column) => (
            <div role="columnheader" key={column.title} className={align(column)}>
              {column.title}
            </div>
          ))}
        </div>
      </div>
      <div ref={box} role="rowgroup" tabIndex={0} className="max-h-[70vh] overflow-y-auto">
        <div role="presentation" className="relative" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const row = rows[index];
            if (row === undefined) return null;
            return (
              <div
                role="row"
                key={keyOf(row)}
                aria-rowindex={index + 2}
                className={`absolute inset-x-0 grid hover:bg-sunk ${index < rows.length - 1 ? "border-b border-line" : ""}`}
                style={{ gridTemplateColumns, transform: `translateY(${start}px)` }}
              >
                {shown.map((column) => (
                  <div role="cell" key={column.title} className={align(column)}>
                    {column.cell(row)}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
