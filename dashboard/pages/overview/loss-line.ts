import type { JobMetrics } from "../../../contract/job-metrics.ts";

export type Loss = { readonly last: number; readonly step: number; readonly points: readonly number[] };

/** A line of some hundred pixels has no room for more. */
const MOST_POINTS = 120;

/** The training loss so far, as the means of stretches of steps; null: none was measured yet. */
export function lossOf({ step, metrics }: Pick<JobMetrics, "step" | "metrics">): Loss | null {
  const measured = (metrics.train_loss ?? []).flatMap((loss, at) =>
    loss === null ? [] : [{ loss, step: step[at] ?? 0 }],
  );
  const last = measured.at(-1);
  if (!last) return null;
  const stretch = Math.ceil(measured.length / MOST_POINTS);
  const points = Array.from({ length: Math.ceil(measured.length / stretch) }, (_, index) => {
    const part = measured.slice(index * stretch, (index + 1) * stretch);
    return part.reduce((sum, { loss }) => sum + loss, 0) / part.length;
  });
  return { last: last.loss, step: last.step, points };
}

/** Those points in a box, the highest at its top. */
export function pathOf(points: readonly number[], width: number, height: number): string {
  const [low, high] = [Math.min(...points), Math.max(...points)];
  const across = width / Math.max(1, points.length - 1);
  const down = height / (high - low || 1);
  return points
    .map((loss, at) => `${(at * across).toFixed(1)},${((high - loss) * down).toFixed(1)}`)
    .join(" ");
}
