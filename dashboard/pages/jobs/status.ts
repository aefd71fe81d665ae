import type { FineTuningJob } from "../../../contract/fine-tuning.ts";

/** OpenAI's words have no "paused"; whoever looks at a list wants to see it. */
export const shownStatus = (job: FineTuningJob): string => (job.paused_at !== null ? "paused" : job.status);

export const isOver = ({ status }: FineTuningJob): boolean =>
  ["succeeded", "failed", "cancelled"].includes(status);
