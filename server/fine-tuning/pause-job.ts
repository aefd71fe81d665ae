import { Refusal } from "../../contract/errors.ts";
import type { Clock } from "../platform/clock.ts";
import { hasEnded, message } from "./job.ts";
import type { JobRow } from "./job-store.ts";
import type { QueueStore } from "./queue-store.ts";

type Needs = {
  queue: QueueStore;
  now: Clock;
  getRow: (projectId: string, id: string) => Promise<JobRow>;
  /** Tells a job's trainer, if it has one, and the queue. */
  onPauseChanged: (jobId: string) => void;
};

const PARAM = "fine_tune_id";

const askedToPause = ({ status }: JobRow) => [
  message(
    status === "running"
      ? "Pausing: the training finishes its step and saves it"
      : "The job has been paused before its training",
  ),
];

const ended = ({ id, status }: JobRow, verb: string) =>
  new Refusal("job_already_ended", `Job ${id} is already ${status}: it cannot be ${verb}.`, PARAM);

/** A paused job keeps what it has trained and no place; it goes on from there when it is resumed. */
export function createPauseJob({ queue, now, getRow, onPauseChanged }: Needs) {
  async function pause(projectId: string, id: string): Promise<JobRow> {
    await getRow(projectId, id);
    const paused = await queue.pauseJob(projectId, id, askedToPause, now());
    if (paused) {
      onPauseChanged(id);
      return paused;
    }
    const row = await getRow(projectId, id);
    if (hasEnded(row.status)) throw ended(row, "paused");
    const text = `Job ${id} is paused already; resume it with POST /v1/fine_tuning/jobs/${id}/resume.`;
    throw new Refusal("job_already_paused", text, PARAM);
  }

  async function resume(projectId: string, id: string): Promise<JobRow> {
    await getRow(projectId, id);
    const resumed = await queue.resumeJob(projectId, id, () => [message("The job has been resumed")], now());
    if (resumed) {
      onPauseChanged(id);
      return resumed;
    }
    const row = await getRow(projectId, id);
    if (hasEnded(row.status)) throw ended(row, "resumed");
    throw new Refusal(
      "job_not_paused",
      `Job ${id} is ${row.status} and not paused: nothing to resume.`,
      PARAM,
    );
  }

  return { pause, resume };
}
