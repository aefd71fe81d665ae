import type { FineTuningJob } from "../../contract/fine-tuning.ts";

/** OpenAI's statuses have no word for a pause; people get one. */
export function statusOf({ status, paused_at }: FineTuningJob): string {
  if (paused_at === null) return status;
  if (status === "running") return "pausing";
  return status === "queued" ? "paused" : status;
}
