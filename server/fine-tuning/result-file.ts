import { StepMetrics } from "../../contract/training.ts";

/** In the order of OpenAI's result file. */
export const METRIC_COLUMNS = [
  "step",
  "train_loss",
  "train_mean_token_accuracy",
  "valid_loss",
  "valid_mean_token_accuracy",
  "full_valid_loss",
  "full_valid_mean_token_accuracy",
] as const satisfies (keyof StepMetrics)[];

const rowOf = (metrics: StepMetrics) => METRIC_COLUMNS.map((column) => metrics[column] ?? "").join(",");

/** The job's metrics as OpenAI's result file has them: a line a step, empty cells where nothing was measured. */
export function metricsCsv(data: readonly (string | null)[]): string {
  const rows = data.flatMap((text) => (text === null ? [] : [rowOf(StepMetrics.parse(JSON.parse(text)))]));
  return `${[METRIC_COLUMNS.join(","), ...rows].join("\n")}\n`;
}
