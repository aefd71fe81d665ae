import type { FineTuningJob } from "../../../contract/fine-tuning.ts";

/** What a job is called: by its model, or by what that will be called. */
export const nameOf = (job: FineTuningJob): string =>
  job.fine_tuned_model ?? job.user_provided_suffix ?? job.id;

/** OpenAI's words have no "paused"; whoever looks at a list wants to see it. */
export const shownStatus = (job: FineTuningJob): string => (job.paused_at !== null ? "paused" : job.status);

export const isOver = ({ status }: FineTuningJob): boolean =>
  ["succeeded", "failed", "cancelled"].includes(status);
