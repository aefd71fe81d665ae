import { type EstimateJob, JobEstimate } from "../contract/estimates.ts";
import { type CreateJob, FineTuningJob, JobCheckpoint, JobEvent } from "../contract/fine-tuning.ts";
import { JobMetrics } from "../contract/job-metrics.ts";
import { itemsOf, pageOf } from "./pages.ts";
import type { Transport } from "./transport.ts";

const JobPage = pageOf(FineTuningJob);
const EventPage = pageOf(JobEvent);
const CheckpointPage = pageOf(JobCheckpoint);
const PAGE = 100;

const pathOf = (id: string) => `/fine_tuning/jobs/${encodeURIComponent(id)}`;

export function createJobs({ call }: Transport) {
  /** Newest first. */
  const events = (id: string, type?: JobEvent["type"]) =>
    itemsOf((after) => call(EventPage, `${pathOf(id)}/events`, { query: { limit: PAGE, after, type } }));

  return {
    events,

    /** `key`: the same one gives the same job, however often it is sent. */
    create: (request: CreateJob, key?: string) =>
      call(FineTuningJob, "/fine_tuning/jobs", {
        method: "POST",
        json: request,
        headers: key === undefined ? {} : { "idempotency-key": key },
      }),

    /** What the job would take; nothing is kept or trained. */
    estimate: (request: EstimateJob, signal?: AbortSignal) =>
      call(JobEstimate, "/perennial/fine_tuning/estimate", {
        method: "POST",
        json: request,
        ...(signal ? { signal } : {}),
      }),

    /** Newest first, after the job `after`. */
    page: (page: { limit: number; after?: string }, signal?: AbortSignal) =>
      call(JobPage, "/fine_tuning/jobs", { query: page, ...(signal ? { signal } : {}) }),

    /** Newest first. */
    list: () => itemsOf((after) => call(JobPage, "/fine_tuning/jobs", { query: { limit: PAGE, after } })),

    get: (id: string) => call(FineTuningJob, pathOf(id)),

    cancel: (id: string) => call(FineTuningJob, `${pathOf(id)}/cancel`, { method: "POST" }),

    pause: (id: string) => call(FineTuningJob, `${pathOf(id)}/pause`, { method: "POST" }),

    resume: (id: string) => call(FineTuningJob, `${pathOf(id)}/resume`, { method: "POST" }),

    /** What happened after the event `known` (null: ever), oldest first. */
    async eventsSince(id: string, known: string | null): Promise<JobEvent[]> {
      const found: JobEvent[] = [];
      for await (const event of events(id)) {
        if (event.id === known) break;
        found.push(event);
      }
      return found.reverse();
    },

    /** Of its steps, those after `after`, the `last` of an answer before. */
    metrics: (id: string, page: { after?: number; limit?: number } = {}, signal?: AbortSignal) =>
      call(JobMetrics, `/perennial${pathOf(id)}/metrics`, { query: page, ...(signal ? { signal } : {}) }),

    /** From now on the job's model answers from this checkpoint. */
    chooseCheckpoint: (id: string, checkpoint: string) =>
      call(JobCheckpoint, `/perennial${pathOf(id)}/model`, { method: "POST", json: { checkpoint } }),

    /** Newest first. */
    checkpoints: (id: string) =>
      itemsOf((after) =>
        call(CheckpointPage, `${pathOf(id)}/checkpoints`, { query: { limit: PAGE, after } }),
      ),
  };
}
export type Jobs = ReturnType<typeof createJobs>;
