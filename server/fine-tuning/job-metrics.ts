import { type JobMetrics, type ListMetrics, METRIC_NAMES } from "../../contract/job-metrics.ts";
import type { EventRow, JobRow } from "./job-store.ts";

export type MetricRow = Pick<EventRow, "seq" | "created_at" | "data">;

type Measured = { readonly [name: string]: unknown };

const numberOf = (value: unknown): number | null => (typeof value === "number" ? value : null);

function columnsOf(measured: readonly Measured[]): JobMetrics["metrics"] {
  const present = METRIC_NAMES.filter((name) => measured.some((one) => numberOf(one[name]) !== null));
  return Object.fromEntries(present.map((name) => [name, measured.map((one) => numberOf(one[name]))]));
}

/** Columns rather than rows: names are not said again for each of thousands of steps. */
export function presentMetrics(job: JobRow, rows: readonly MetricRow[], page: ListMetrics): JobMetrics {
  const shown = rows.slice(0, page.limit);
  const measured = shown.map(({ data }): Measured => JSON.parse(data ?? "{}"));
  return {
    object: "fine_tuning.job.metrics",
    job_id: job.id,
    total_steps: job.total_steps,
    step: measured.map(({ step }) => numberOf(step) ?? 0),
    created_at: shown.map(({ created_at }) => created_at),
    metrics: columnsOf(measured),
    last: shown.at(-1)?.seq ?? page.after,
    has_more: rows.length > page.limit,
  };
}
