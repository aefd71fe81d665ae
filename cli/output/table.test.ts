import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Column, fittingColumns, fitWidths, renderFacts, renderTable, shorten } from "./table.ts";

type Model = { id: string; name: string };
const columns: Column<Model>[] = [
  { title: "ID", of: ({ id }) => id },
  { title: "NAME", of: ({ name }) => name, shrinks: true },
];
const model = { id: "file-0123456789", name: "ft:smollm2-135m-instruct:personal:banking:Ab12Cd34" };

test("a table without a terminal is as wide as its content", () => {
  assert.equal(
    renderTable(columns, [model], null),
    `ID               NAME\nfile-0123456789  ${model.name}\n`,
  );
});

test("on a narrow terminal a name loses its middle and an id nothing", () => {
  assert.equal(renderTable(columns, [model], 40).split("\n")[1], "file-0123456789  ft:smollm2-…ng:Ab12Cd34");
});

test("a table never gets wider than the terminal while something can shrink", () => {
  const cell = fc.nat({ max: 100 });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(cell, fc.boolean()), { minLength: 1, maxLength: 6 }),
      cell,
      (cells, available) => {
        const widths = fitWidths(
          cells.map(([width]) => width),
          cells.map(([, shrinks]) => shrinks),
          available,
        );
        const total = widths.reduce((sum, width) => sum + width, 0) + 2 * (widths.length - 1);
        const canShrink = cells.some(([, shrinks], index) => shrinks && (widths[index] ?? 0) > 8);
        return total <= available || !canShrink;
      },
    ),
  );
});

test("on a narrow terminal a column drops below its row, where the row is too long otherwise", () => {
  const dropping: Column<Model>[] = [
    { title: "ID", of: ({ id }) => id },
    { title: "NAME", of: ({ name }) => name, dropsBelow: true },
  ];
  assert.equal(renderTable(dropping, [model], 67), `ID               NAME\n${model.id}  ${model.name}\n`);
  assert.equal(renderTable(dropping, [model], 60), `ID\n${model.id}\n  ${model.name}\n`);
});

test("a sentence in the last column goes on under its beginning", () => {
  const told: Column<{ level: string; message: string }>[] = [
    { title: "LEVEL", of: ({ level }) => level },
    { title: "MESSAGE", of: ({ message }) => message, wraps: true },
  ];
  const item = { level: "info", message: "The job has successfully completed" };
  assert.equal(renderTable(told, [item], null), `LEVEL  MESSAGE\ninfo   ${item.message}\n`);
  assert.equal(
    renderTable(told, [item], 30),
    "LEVEL  MESSAGE\ninfo   The job has\n       successfully completed\n",
  );
});

test("a shortened text has exactly the width it was given", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 5 }), fc.integer({ min: 1, max: 30 }), (text, width) => {
      return shorten(text, width).length === Math.min(text.length, width);
    }),
  );
});

test("facts stand in two columns", () => {
  assert.equal(
    renderFacts([
      ["job", "ftjob-1"],
      ["status", "queued"],
    ]),
    "job     ftjob-1\nstatus  queued\n",
  );
});

test("of several choices of columns the first that fits is taken", () => {
  const [name, note] = [
    { title: "NAME", of: ({ name }: { name: string }) => name },
    { title: "NOTE", of: () => "x".repeat(20) },
  ];
  const wide = [name, note];
  const narrow = [name];
  const items = [{ name: "model" }];
  const chosen = (width: number | null) => fittingColumns([wide, narrow], items, width);
  assert.deepEqual([27, null].map(chosen), [wide, wide]);
  assert.deepEqual([26, 5, 2].map(chosen), [narrow, narrow, narrow]);
});
