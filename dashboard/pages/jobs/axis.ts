import type { JobMetrics } from "../../../contract/job-metrics.ts";

export const AXES = ["step", "time", "tokens"] as const;
export type Axis = (typeof AXES)[number];

export const axisIn = (text: string): Axis => AXES.find((one) => one === text) ?? "step";

/** Steps of one second are spread over it: a plot needs a place for each. */
function spread(seconds: readonly number[]): number[] {
  const placed: number[] = [];
  for (let from = 0; from < seconds.length; ) {
    let to = from;
    while (to < seconds.length && seconds[to] === seconds[from]) to += 1;
    for (let index = from; index < to; index += 1)
      placed.push((seconds[from] ?? 0) + (index - from) / (to - from));
    from = to;
  }
  return placed;
}

/** Where a job's steps stand; null: its trainer did not tell. Time and tokens count from the job's own beginning. */
export function placesOf({ step, created_at, metrics }: JobMetrics, axis: Axis): readonly number[] | null {
  if (axis === "step") return step;
  if (axis === "time") return spread(created_at.map((at) => at - (created_at[0] ?? 0)));
  const tokens = metrics.tokens;
  return tokens?.every((count) => count !== null) ? tokens : null;
}
