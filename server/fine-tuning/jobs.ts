import type { Page } from "../../contract/common.ts";
import { Refusal } from "../../contract/errors.ts";
import type { CreateJob, FineTuningJob, JobEvent, ListEvents } from "../../contract/fine-tuning.ts";
import type { JobMetrics, ListMetrics } from "../../contract/job-metrics.ts";
import type { CheckpointStore } from "./checkpoint-store.ts";
import { createCheckpoints } from "./checkpoints.ts";
import { type CreateJobNeeds, createCreateJob } from "./create-job.ts";
import { message, type PausedStatus, presentEvent, presentJob } from "./job.ts";
import { presentMetrics } from "./job-metrics.ts";
import type { Owner } from "./job-request.ts";
import type { JobRow, MetadataFilter } from "./job-store.ts";
import { pageOf } from "./page-of.ts";
import { createPauseJob } from "./pause-job.ts";
import type { QueueStore } from "./queue-store.ts";

type Needs = CreateJobNeeds & {
  queue: QueueStore;
  checkpoints: CheckpointStore;
  pausedStatus: PausedStatus;
  onCancelled: (jobId: string) => void;
  onPauseChanged: (jobId: string) => void;
  /** Of a base, an adapter that no model may name any more. */
  releaseAdapter: (base: string, adapter: string) => Promise<void>;
};

const noSuchJob = (id: string, param = "fine_tune_id") =>
  new Refusal("fine_tune_not_found", `Could not find fine tune: ${id}`, param);

export function createJobs(needs: Needs) {
  const { store, now } = needs;

  async function getRow(projectId: string, id: string, param?: string): Promise<JobRow> {
    const row = await store.findJob(projectId, id);
    if (!row) throw noSuchJob(id, param);
    return row;
  }

  const { createJob, planJob } = createCreateJob(needs);
  const pausing = createPauseJob({ ...needs, getRow });
  const checkpoints = createCheckpoints({ ...needs, getRow });
  const present = (row: JobRow) => presentJob(row, needs.pausedStatus);

  /** `key`: the same one gives the same job. */
  async function create(owner: Owner, request: CreateJob, key: string | null): Promise<FineTuningJob> {
    const id = await createJob(owner, request, key);
    return present(await getRow(owner.projectId, id));
  }

  async function list(projectId: string, page: { limit: number; after?: string }, metadata: MetadataFilter) {
    const after = page.after === undefined ? null : await getRow(projectId, page.after, "after");
    const rows = await store.listJobs(
      projectId,
      { limit: page.limit, beforeSeq: after?.seq ?? null },
      metadata,
    );
    return pageOf(rows, page.limit, present);
  }

  /** false: it has ended already. */
  async function endJob(id: string, text: string): Promise<boolean> {
    const patch = { finished_at: now(), estimated_finish: null };
    const moved = await store.moveJob(id, "cancelled", patch, [message(text)], now());
    if (moved) needs.onCancelled(id);
    return moved;
  }

  async function cancel(projectId: string, id: string): Promise<FineTuningJob> {
    await getRow(projectId, id);
    if (!(await endJob(id, "The job has been cancelled"))) {
      const { status } = await getRow(projectId, id);
      throw new Refusal(
        "job_already_ended",
        `Job ${id} is already ${status}: it cannot be cancelled.`,
        "fine_tune_id",
      );
    }
    return present(await getRow(projectId, id));
  }

  /** The open jobs of a project that is archived. */
  async function cancelAll(projectId: string): Promise<void> {
    for (const { id } of await needs.queue.listOpen(projectId))
      await endJob(id, "The job has been cancelled: its project was archived");
  }

  async function listEvents(projectId: string, id: string, page: ListEvents): Promise<Page<JobEvent>> {
    await getRow(projectId, id);
    const after = page.after === undefined ? null : await store.findEvent(id, page.after);
    if (after === undefined)
      throw new Refusal("invalid_value", `No event ${page.after} in job ${id}.`, "after");
    const rows = await store.listEvents(id, { ...page, beforeSeq: after?.seq ?? null });
    return pageOf(rows, page.limit, presentEvent);
  }

  async function metrics(projectId: string, id: string, page: ListMetrics): Promise<JobMetrics> {
    const job = await getRow(projectId, id);
    return presentMetrics(job, await store.listMetricsAfter(id, page), page);
  }

  return {
    create,
    /** What creating it would make, for whoever wants to know more of it first. */
    plan: (owner: Owner, request: CreateJob) => planJob(owner, request, null),
    list,
    cancel,
    cancelAll,
    listEvents,
    listCheckpoints: checkpoints.list,
    chooseCheckpoint: checkpoints.choose,
    metrics,
    pause: async (projectId: string, id: string) => present(await pausing.pause(projectId, id)),
    resume: async (projectId: string, id: string) => present(await pausing.resume(projectId, id)),
    get: async (projectId: string, id: string) => present(await getRow(projectId, id)),
  };
}
export type Jobs = ReturnType<typeof createJobs>;
