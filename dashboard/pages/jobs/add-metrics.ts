import { type JobMetrics, METRIC_NAMES } from "../../../contract/job-metrics.ts";

type Column = (number | null)[];
const columnOf = ({ metrics, step }: JobMetrics, name: (typeof METRIC_NAMES)[number]): Column =>
  metrics[name] ?? step.map(() => null);

/** The steps known and those that came later, in one. */
export function addMetrics(known: JobMetrics, later: JobMetrics): JobMetrics {
  if (later.step.length === 0) return known;
  const names = METRIC_NAMES.filter((name) => known.metrics[name] ?? later.metrics[name]);
  const columns = names.map((name) => [name, [...columnOf(known, name), ...columnOf(later, name)]]);
  return {
    ...later,
    step: [...known.step, ...later.step],
    created_at: [...known.created_at, ...later.created_at],
    metrics: Object.fromEntries(columns),
  };
}
