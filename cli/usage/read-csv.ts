import { pipeline } from "node:stream/promises";
import { CsvError, parse } from "csv-parse";
import { CliError } from "../cli-error.ts";
import type { Collector } from "./collect.ts";
import { type Columns, findColumns, readRow, shownCell } from "./columns.ts";

type Options = { readonly file: string; readonly delimiter: string; readonly signal: AbortSignal };

const LARGEST_ROW = 1024 * 1024;
const SHOWN_COLUMNS = 30;

/** What stands most often between the names of the first line. */
export function delimiterOf(firstLine: string): string {
  const bare = firstLine.replace(/"[^"]*"/g, "");
  const counts = [",", ";", "\t", "|"].map((sign) => ({ sign, count: bare.split(sign).length - 1 }));
  return counts.reduce((best, one) => (one.count > best.count ? one : best)).sign;
}

const listed = (names: readonly string[]): string =>
  names.slice(0, SHOWN_COLUMNS).map(shownCell).join(", ") + (names.length > SHOWN_COLUMNS ? ", …" : "");

const noModels = (file: string, header: readonly string[]) =>
  new CliError(
    `${file} has no column of models (model, model_id, snapshot_id, line_item). Its columns: ${listed(header)}.`,
  );

const noList = (file: string, line: number, cells: readonly string[]) =>
  new CliError(
    `${file}, line ${line}: '${shownCell(cells[0] ?? "")}' is no model's name. Give a usage export with a column of models, or a list of one name a line.`,
  );

const onlyModels: Columns = { model: 0, isLineItem: false, requests: null, tokens: [] };

/** Reads the rows after the header; a file of one column without a known name is a list of models. */
function createReader(file: string, collector: Collector) {
  let columns: Columns | null = null;
  let header: readonly string[] = [];

  function begin(cells: readonly string[]): void {
    header = cells;
    columns = findColumns(cells);
    if (columns !== null) return;
    if (cells.length > 1) throw noModels(file, cells);
    columns = onlyModels;
    add(cells, columns, 1);
  }

  function add(cells: readonly string[], columns: Columns, line: number): void {
    const row = readRow(cells, columns);
    if ("column" in row)
      throw new CliError(
        `${file}, line ${line}: ${shownCell(header[row.column] ?? "")} is '${row.text}', which is no count.`,
      );
    if (columns === onlyModels && /\s/.test(row.model ?? "")) throw noList(file, line, cells);
    collector.add(row);
  }

  return (cells: readonly string[], line: number): void => {
    if (columns === null) begin(cells);
    else add(cells, columns, line);
  };
}

function explain(error: unknown, file: string): unknown {
  return error instanceof CsvError
    ? new CliError(`${file} is no CSV: ${error.message}.`, 1, { cause: error })
    : error;
}

/** Streams the file: of a large one only the names of models are held. */
export async function readCsv(
  text: AsyncIterable<string>,
  collector: Collector,
  { file, delimiter, signal }: Options,
): Promise<void> {
  const take = createReader(file, collector);
  const parser = parse({
    delimiter,
    bom: true,
    info: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    skip_records_with_empty_values: true,
    max_record_size: LARGEST_ROW,
  });
  const rows = async (records: AsyncIterable<{ record: string[]; info: { lines: number } }>) => {
    for await (const { record, info } of records) take(record, info.lines);
  };
  await pipeline(text, parser, rows, { signal }).catch((error: unknown) => {
    throw explain(error, file);
  });
}
