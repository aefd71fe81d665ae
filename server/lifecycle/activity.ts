import { DAY_SECONDS } from "./day.ts";

/** When something was used on one day, first and last; unix seconds. */
export type ActiveSpan = { readonly firstAt: number; readonly lastAt: number };

/** Spans of all models and projects together, in the order of time. */
function joined(spans: readonly ActiveSpan[]): ActiveSpan[] {
  const sorted = [...spans].sort((a, b) => a.firstAt - b.firstAt);
  const result: ActiveSpan[] = [];
  for (const span of sorted) {
    const last = result.at(-1);
    // Within one day nobody is inactive for a day, so a span counts as use throughout.
    if (last && span.firstAt <= last.lastAt + 1)
      result[result.length - 1] = { firstAt: last.firstAt, lastAt: Math.max(last.lastAt, span.lastAt) };
    else result.push(span);
  }
  return result;
}

/**
 * The first second, from `since` on, with no use in the `days` before it; once lost, later use brings nothing back.
 * It may be ahead of the present: then it is what comes if there is no further use.
 */
export function lapsesAt(spans: readonly ActiveSpan[], since: number, days: number): number {
  const allowed = days * DAY_SECONDS;
  let last = Number.NEGATIVE_INFINITY;
  for (const { firstAt, lastAt } of joined(spans)) {
    const lapse = Math.max(since, last + allowed + 1);
    if (firstAt >= lapse) return lapse;
    last = Math.max(last, lastAt);
  }
  return Math.max(since, last + allowed + 1);
}
