import type { Page } from "../../contract/common.ts";

/** Of rows that are one more than `limit` where there are more. */
export function pageOf<Row, Shown>(
  rows: readonly Row[],
  limit: number,
  present: (row: Row) => Shown,
): Page<Shown> {
  return { object: "list", data: rows.slice(0, limit).map(present), has_more: rows.length > limit };
}
