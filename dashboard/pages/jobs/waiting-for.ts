import type { FineTuningJob, JobEvent } from "../../../contract/fine-tuning.ts";
import type { SystemObject } from "../../../contract/system.ts";

const MEMORY = /^The job waits for memory/;

/** What a job that has not begun waits for, in a sentence; null: it waits for nothing, or nobody knows yet. */
export function waitingFor(
  job: FineTuningJob,
  events: readonly JobEvent[],
  { running, waiting, limit }: SystemObject["trainings"],
): string | null {
  if (job.status === "validating_files") return "Its files are being checked.";
  if (job.status !== "queued" || job.paused_at !== null) return null;
  const [newest] = events;
  if (newest && MEMORY.test(newest.message)) return `${newest.message}. It begins by itself.`;
  if (running < limit) return "It begins in a moment.";
  const others = waiting > 1 ? `; ${waiting} jobs wait, projects in turn` : "";
  const trainings = running === 1 ? "another training runs" : `${running} trainings run`;
  const most = limit === 1 ? "one" : limit;
  return `It waits for its turn: ${trainings}, and this server runs ${most} at a time${others}. It begins by itself.`;
}
