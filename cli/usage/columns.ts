import { printable } from "../output/words.ts";

/** What a row of an export says of one model's use. */
export type UsageRow = {
  /** null: the row is not of one model. */
  readonly model: string | null;
  readonly requests: number;
  readonly tokens: number;
};

/** How to read a row; each is the place of a column. */
export type Columns = {
  readonly model: number;
  /** The model stands before a comma, as in `gpt-4o-2024-08-06, input`. */
  readonly isLineItem: boolean;
  readonly requests: number | null;
  /** Counted together. */
  readonly tokens: readonly number[];
};

/** OpenAI's exports of several years, and what people make of them; the first that is there counts. */
const MODEL = ["model", "model_id", "snapshot_id", "snapshot", "model_name", "line_item"];
const REQUESTS = ["num_model_requests", "n_requests", "num_requests", "request_count", "requests"];
const TOKENS = [
  ["input_tokens", "output_tokens"],
  ["n_context_tokens_total", "n_generated_tokens_total"],
  ["prompt_tokens", "completion_tokens"],
  ["context_tokens", "generated_tokens"],
  ["total_tokens"],
  ["num_tokens"],
  ["tokens"],
];

/** `Num Model Requests` and `numModelRequests` are `num_model_requests`. */
const normal = (name: string): string =>
  name
    .trim()
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .replace(/[\s.-]+/g, "_")
    .toLowerCase();

/** null: no column names a model. */
export function findColumns(header: readonly string[]): Columns | null {
  const names = header.map(normal);
  const placeOf = (name: string) => names.indexOf(name);
  const modelName = MODEL.find((name) => names.includes(name));
  if (modelName === undefined) return null;
  const requests = REQUESTS.find((name) => names.includes(name));
  const tokens = TOKENS.find((group) => group.some((name) => names.includes(name))) ?? [];
  return {
    model: placeOf(modelName),
    isLineItem: modelName === "line_item",
    requests: requests === undefined ? null : placeOf(requests),
    tokens: tokens.map(placeOf).filter((place) => place >= 0),
  };
}

const LONGEST_SHOWN = 60;

/** A cell in a sentence, whatever it holds. */
export const shownCell = (text: string): string => printable(text).slice(0, LONGEST_SHOWN);

/** `1234`, `1,234`, `1 234.0`; empty is none; undefined: no count. */
export function parseCount(text: string): number | undefined {
  const bare = text.trim().replace(/(?<=\d)[,_ \u00a0'](?=\d{3}(\D|$))/g, "");
  if (bare === "" || bare.toLowerCase() === "null") return 0;
  return /^\d+(\.\d+)?(e\+?\d{1,2})?$/i.test(bare) ? Number(bare) : undefined;
}

/** A value that is no count is told with its column's place. */
export type BadCount = { readonly column: number; readonly text: string };

export function readRow(cells: readonly string[], columns: Columns): UsageRow | BadCount {
  const counted = [...(columns.requests === null ? [] : [columns.requests]), ...columns.tokens];
  const counts = new Map(counted.map((place) => [place, parseCount(cells[place] ?? "")]));
  const bad = counted.find((place) => counts.get(place) === undefined);
  if (bad !== undefined) return { column: bad, text: shownCell(cells[bad] ?? "") };
  const countAt = (place: number | null) => (place === null ? 0 : (counts.get(place) ?? 0));
  const named = (cells[columns.model] ?? "").trim();
  const model = columns.isLineItem ? (named.split(",")[0] ?? "").trim() : named;
  return {
    model: model === "" || model.toLowerCase() === "null" ? null : model,
    requests: countAt(columns.requests),
    tokens: columns.tokens.reduce((sum, place) => sum + countAt(place), 0),
  };
}
